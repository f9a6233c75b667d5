#pragma once

#include <string>

#include "models/lowering.hpp"

namespace turnpike::models {

/// Puts the skip edges of a lowered graph on the precision highway, by moving quantize nodes:
/// y = F(Q(x)) + Q(x) becomes y = F(Q(x)) + x.
///
/// The skip operand of each `add` is traced back to the node that quantized it. The tensor before
/// that node becomes a highway tensor, signed, of max(bits, the operand's bits) bits with a scale
/// of its own (floating at 32), written by the node's producer; the quantize node then reads it,
/// and so does the add. A quantizing producer (a stem, a pool) is split in two. A projection, which
/// only the add reads, is widened in place. Where the width equals the operand's bits nothing
/// moves: there is one copy. A batch norm that stands alone (`affine`) reads the highway where one
/// passes, and its output alone is quantized: only what an array multiplies is narrow (paper,
/// section 3.3 and Fig. 1c, pre-activation). Maps that are joined (`concat`) are wide where every
/// reader of the whole is such a norm or another such join, as in a dense block. Recurrent layers:
/// gates are not quantized, cell and output become highway tensors. Sums that no skip reads stay
/// inside the post-processing unit. Of the adds, joins and recurrent layers those take part that
/// match `edges`: "all", or shell patterns between spaces.
void apply_highway(QuantizedGraph& graph, int bits, const std::string& edges = "all");

/// True if a name matches one of the patterns.
[[nodiscard]] bool is_chosen(const std::string& layer, const std::string& edges);
/// InputError unless each pattern matches an add, a concat or a recurrent layer; "all" needs none.
void check_edges(const Network& network, const std::string& edges);

}  // namespace turnpike::models
