#include "sim/sweep/sweep_store.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "sim/base/error.hpp"
#include "sim/base/random.hpp"
#include "sim/sweep/packet.hpp"
#include "sim/sweep/point_columns.hpp"
#include "sim/sweep/point_selection.hpp"
#include "traces/npz.hpp"

namespace turnpike::sweep {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::ThrowsMessage;

PointResult result_of(int rows, double energy_uj) {
  PointResult point;
  point.settings.settings = {{"array.rows", std::to_string(rows)}, {"rlc", "on"}};
  point.status = "ok";
  point.profile = "silicon";
  point.network = "net";
  point.policy = "a policy";
  point.weight_bits = 2;
  point.activation_bits = 3;
  point.totals.cycles = 1'000'000'000'000;
  point.totals.energy_uj = energy_uj;
  point.totals.area_mm2 = 0.1 * rows;
  point.totals.dram_packing_loss_bytes = 7;  // the other two were not there in older versions
  point.energy_pj[1] = 1.0 / 3.0;
  point.energy_pj.of_machine.set(1);
  point.highway_energy_pj = 1e-300;
  point.operations.nonlinear = 5;
  return point;
}

Point point_of(const PointResult& result, const std::string& identity = "0123") {
  Point point;
  point.settings = result.settings;
  point.identity = identity;
  return point;
}

void expect_equal(const PointResult& a, const PointResult& b) {
  const std::vector<PointColumn> x = columns_of(a);
  const std::vector<PointColumn> y = columns_of(b);
  ASSERT_EQ(x.size(), y.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    EXPECT_EQ(x[i].name, y[i].name);
    EXPECT_EQ(x[i].value, y[i].value) << x[i].name;
  }
  EXPECT_EQ(sweep_csv({a}), sweep_csv({b}));
  EXPECT_EQ(sweep_json({a}), sweep_json({b}));
}

class Store : public testing::Test {
 protected:
  Store() {
    fs::remove_all(directory);
    fs::create_directories(directory);
    write_output(input, "held");
    provenance.inputs = {{input, FileDigests{}.of(input)}};
    provenance.files = "packed";
  }
  ~Store() override { fs::remove_all(directory); }

  std::string directory = fmt::format("{}/turnpike_store_{}", testing::TempDir(), ::getpid());
  std::string input = directory + "/input.yaml";
  SweepStore::Provenance provenance;
};

TEST_F(Store, GivesBackWhatWasPutAsLongAsItsInputsHold) {
  const PointResult result = result_of(8, 0.1 + 0.2);
  {
    SweepStore store = SweepStore::open(directory);
    store.put(point_of(result), result, provenance);
    EXPECT_TRUE(store.holds(point_of(result), result));
    EXPECT_FALSE(store.holds(point_of(result), result_of(8, 0.3)));
  }
  SweepStore store = SweepStore::open(directory);
  FileDigests files;
  const auto found = store.finished(point_of(result), files);
  ASSERT_TRUE(found.has_value());
  expect_equal(*found, result);
  EXPECT_FALSE(store.finished(point_of(result, "4567"), files)) << "made from something else";
  EXPECT_FALSE(store.finished(point_of(result_of(9, 1.0)), files)) << "another point";
  write_output(input, "changed");
  SweepStore again = SweepStore::open(directory);
  FileDigests now;
  EXPECT_FALSE(again.finished(point_of(result), now)) << "its input changed";
}

TEST_F(Store, KeepsFailuresApartFromResults) {
  PointResult failed = result_of(8, 1.0);
  failed.status = "failed";
  failed.message = "s.yaml:1:2: no; \"quoted\"";
  PointResult wrong = result_of(9, 2.0);
  wrong.status = "check_failed";
  SweepStore store = SweepStore::open(directory);
  store.put(point_of(failed), failed, {});
  store.put(point_of(wrong), wrong, provenance);
  FileDigests files;
  EXPECT_FALSE(store.finished(point_of(failed), files));
  ASSERT_TRUE(store.failure(point_of(failed)).has_value());
  EXPECT_EQ(store.failure(point_of(failed))->message, failed.message);
  EXPECT_FALSE(store.failure(point_of(wrong)));
  ASSERT_TRUE(store.finished(point_of(wrong), files).has_value());
  EXPECT_EQ(store.finished(point_of(wrong), files)->status, "check_failed");
}

TEST_F(Store, ARowOfWhichAFigureWasChangedIsNone) {
  const PointResult result = result_of(8, 1.0);
  SweepStore::open(directory).put(point_of(result), result, provenance);
  Database::open(directory + "/sweep.sqlite", Database::Mode::write)
      .execute("UPDATE points SET area_mm2 = area_mm2 + 1e-9");
  FileDigests files;
  EXPECT_FALSE(SweepStore::open(directory).finished(point_of(result), files));
}

TEST_F(Store, RefusesWhatIsNoDatabaseOfItsKind) {
  write_output(directory + "/sweep.sqlite", std::string(5000, 'x'));
  EXPECT_THAT([this] { static_cast<void>(SweepStore::open(directory)); },
              ThrowsMessage<FileError>(HasSubstr("sweep.sqlite: is damaged")));
  fs::remove(directory + "/sweep.sqlite");
  Database::open(directory + "/sweep.sqlite", Database::Mode::write)
      .execute(
          "CREATE TABLE meta (key TEXT PRIMARY KEY, value); "
          "INSERT INTO meta VALUES ('schema', 'other/3')");
  EXPECT_THAT([this] { static_cast<void>(SweepStore::open(directory)); },
              ThrowsMessage<FileError>(HasSubstr("is of schema 'other/3'")));
}

TEST(Packets, ComeThroughAsTheyWere) {
  const std::vector<DatabaseValue> values = {std::monostate{},
                                             std::int64_t{-5},
                                             0.1,
                                             1e300,
                                             std::string{"a\nb"},
                                             Blob{std::string{"\0x", 2}},
                                             std::string{}};
  std::vector<std::string> texts;
  for (const DatabaseValue& value : values) {
    EXPECT_EQ(value_of(text_of(value)), value);
    texts.push_back(text_of(value));
  }
  texts.push_back(packed_texts(texts));
  EXPECT_EQ(unpacked_texts(packed_texts(texts)), texts);
  EXPECT_THROW(static_cast<void>(unpacked_texts(packed_texts({"abc"}).substr(0, 9))),
               InternalError);
}

TEST(Selection, AgreesWithComparingTheFigures) {
  const std::uint64_t seed = static_cast<std::uint64_t>(::getpid());
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Random random{seed};
  std::vector<PointResult> points;
  for (int i = 0; i < 200; ++i) {
    points.push_back(result_of(static_cast<int>(random.integer(1, 40)), random.uniform() * 100.0));
  }
  points.push_back(result_of(3, 1.0));
  points.back().status = "failed";
  std::vector<std::string> expected;
  for (const PointResult& point : points) {
    if (point.has_results() && point.totals.energy_uj < 50.0 && point.totals.area_mm2 < 2.0 &&
        std::stoi(point.settings.value("array.rows")) != 7) {
      expected.push_back(sweep_csv({point}));
    }
  }
  std::vector<std::string> chosen;
  for (const PointResult& point :
       select_points(points, "energy_uj < 50 and area_mm2 < 2 and array.rows <> 7")) {
    chosen.push_back(sweep_csv({point}));
  }
  EXPECT_EQ(chosen, expected);
  EXPECT_EQ(select_points(points, "status = 'failed'").size(), 1U);
  EXPECT_THAT([&] { static_cast<void>(select_points(points, "energy_ju < 1")); },
              ThrowsMessage<InputError>(HasSubstr("did you mean 'energy_uj'?")));
}

TEST(Selection, ColumnsAreTheFigures) {
  std::vector<PointResult> points = {result_of(8, 1.5), result_of(12, 2.5)};
  points.push_back(result_of(9, 0.0));
  points.back().status = "failed";
  const std::string path =
      fmt::format("{}/turnpike_columns_{}.npz", testing::TempDir(), ::getpid());
  write_columns(path, points);
  const auto file = traces::NpzFile::open(path);
  const auto energies = file.tensor("energy_uj").converted<double>();
  EXPECT_EQ(energies[0], 1.5);
  EXPECT_EQ(energies[1], 2.5);
  EXPECT_TRUE(std::isnan(energies[2]));
  EXPECT_EQ(file.tensor("array.rows").converted<std::int64_t>(),
            (std::vector<std::int64_t>{8, 12, 9}));
  EXPECT_EQ(file.tensor("array.rows").type_name(), "int64");
  const Tensor status = file.tensor("status");
  EXPECT_EQ(status.shape(), (TensorShape{3, 6}));
  EXPECT_EQ(file.text("status"), std::string("ok\0\0\0\0ok\0\0\0\0failed", 18));
  fs::remove(path);
}

}  // namespace
}  // namespace turnpike::sweep
