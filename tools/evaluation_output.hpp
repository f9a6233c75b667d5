#pragma once

#include <string>
#include <vector>

#include "models/image_task.hpp"
#include "models/language_task.hpp"
#include "tools/command.hpp"

namespace turnpike::tools {

/// One row of `model eval`.
struct EvaluatedSetting {
  std::string precision;  ///< as asked: "2", "2x4"
  models::QuantizeOptions options;
};

/// Accuracies and, with `layers`, cosine errors by layer.
[[nodiscard]] std::string evaluation_text(const models::ImageTask& task,
                                          const std::vector<EvaluatedSetting>& settings,
                                          const models::Evaluation& found, bool layers,
                                          const CommonOptions& common);
/// Schema turnpike-model-eval/2.
[[nodiscard]] std::string evaluation_json(const models::ImageTask& task,
                                          const std::vector<EvaluatedSetting>& settings,
                                          const models::Evaluation& found);

/// Perplexities, in the same forms.
[[nodiscard]] std::string language_text(const models::LanguageTask& task,
                                        const std::vector<EvaluatedSetting>& settings,
                                        const models::LanguageEvaluation& found, bool layers,
                                        const CommonOptions& common);
[[nodiscard]] std::string language_json(const models::LanguageTask& task,
                                        const std::vector<EvaluatedSetting>& settings,
                                        const models::LanguageEvaluation& found);

}  // namespace turnpike::tools
