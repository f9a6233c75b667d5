"""Bugs in the clock and the data path of the PE array (pe/)."""

# (what is wrong, file in pe/, text, its replacement); the text must occur exactly once.
_BUGS = [
    ("psum FIFO of the PE above one deeper", "row_stationary/array_pes.cpp",
     "if (held >= shape_.fifo_depth) {", "if (held > shape_.fifo_depth) {"),
    ("psum-in FIFO one deeper", "row_stationary/array_networks.cpp",
     "+ words > shape_.fifo_depth)", "+ words > shape_.fifo_depth + 1)"),
    ("psum-in FIFO one shallower", "row_stationary/array_networks.cpp",
     "+ words > shape_.fifo_depth)", "+ words >= shape_.fifo_depth + (shape_.fifo_depth == words))"),
    ("ifmap FIFO one deeper", "row_stationary/array_networks.cpp",
     "most = shape_.fifo_depth - ifmap_values_", "most = shape_.fifo_depth + 1 - ifmap_values_"),
    ("a pop makes room in the same clock", "row_stationary/array_core.hpp",
     "return held + (pop_clock == clock_ ? 1 : 0);",
     "return held + (pop_clock == clock_ ? 0 : 0);"),
    ("ifmap rows sent in the opposite order", "row_stationary/array_core.cpp",
     "for (std::int32_t row = 0; row < shape_.ifmap_row_span(); ++row) {",
     "for (std::int32_t row = shape_.ifmap_row_span() - 1; row >= 0; --row) {"),
    ("ifmap waits for the first target only", "row_stationary/array_networks.cpp",
     "for (std::size_t k = 0; k < targets; ++k) {", "for (std::size_t k = 0; k < 1; ++k) {"),
    ("psum bus: chains outside groups of filters", "row_stationary/array_networks.cpp",
     """  if (++cursor.chain == chains_.size()) {
    cursor.chain = 0;
    if (++cursor.group * rate >= std::min(shape_.p, shape_.filters)) {
      cursor.group = 0;
""",
     """  if (++cursor.group * rate >= std::min(shape_.p, shape_.filters)) {
    cursor.group = 0;
    if (++cursor.chain == chains_.size()) {
      cursor.chain = 0;
"""),
    ("segments outside filter sets", "row_stationary/pass_shape.cpp",
     """  for (std::int32_t tg = 0; tg < shape.t; ++tg) {
    for (std::int32_t segment = 0; segment < segments; ++segment) {
""",
     """  for (std::int32_t segment = 0; segment < segments; ++segment) {
    for (std::int32_t tg = 0; tg < shape.t; ++tg) {
"""),
    ("ifmap spad writes counted twice", "row_stationary/array_pes.cpp",
     "++counters_.ifmap_spad_writes;", "counters_.ifmap_spad_writes += 2;"),
    ("ifmap spad read at every MAC", "row_stationary/array_pes.cpp",
     "counters_.ifmap_spad_reads += pe.filter == 0 ? 1 : 0;",
     "counters_.ifmap_spad_reads += wide(macs);"),
    ("a row bus counted per PE", "row_stationary/array_networks.cpp",
     "wide(ifmap_values_) * diagonal.row_buses", "wide(ifmap_values_) * targets"),
    ("psum spad entry freed a clock late", "row_stationary/array_pes.cpp",
     "static_cast<std::int32_t>(pe.psums_started - pe.psums_accumulated));",
     "static_cast<std::int32_t>(pe.psums_started - pe.psums_accumulated) -\n"
     "                            (pe.psum_pop_clock + 1 == clock_ ? 1 : 0));"),
    ("psum spad one entry larger", "row_stationary/array_pes.cpp",
     "left, shape_.psum_spad -", "left, 1 + shape_.psum_spad -"),
    ("psum spad entry taken by every first MAC of a tap", "row_stationary/array_pes.cpp",
     "if (pe.tap > 0 || pe.channel > 0) {\n    return left;",
     "if (pe.channel > 0) {\n    return left;"),
    ("ifmap spad one value larger", "row_stationary/array_core.cpp",
     "pe.spad_room = shape_.ifmap_spad;", "pe.spad_room = shape_.ifmap_spad + 1;"),
    ("ifmap value freed a tap too late", "row_stationary/array_pes.cpp",
     "if (pe.tap < shape_.V || image_ends) {", "if (pe.tap + 1 < shape_.V || image_ends) {"),
    ("multiplier one stage shorter", "row_stationary/array_pes.cpp",
     "kMacPipelineStages = 3", "kMacPipelineStages = 2"),
    ("a zero takes no MAC slot", "row_stationary/array_pes.cpp",
     "pe.mac_clock = clock_ + wide(macs);",
     "pe.mac_clock = clock_ + (operands_ != nullptr &&\n"
     "                  ifmap_spad_ring_[slot(pe.index, pe.next_value)] == 0 ? 1 : wide(macs));"),
    ("a PE sleeps on when the FIFO above gets room", "row_stationary/array_pes.cpp",
     "pe.psum_fifo-- == shape_.fifo_depth", "pe.psum_fifo-- > shape_.fifo_depth"),
    ("a PE sleeps on when a psum arrives", "row_stationary/array_pes.cpp",
     "if (pe.psum_fifo == 0 && pe.ready_clock != kNever) {",
     "if (pe.psum_fifo == 1 && pe.ready_clock != kNever) {"),
    ("runs longer than the horizon lose their visit", "row_stationary/array_pes.cpp",
     "clock = std::min(clock, clock_ + kHorizon - 1);", ""),
    ("filter load: a last part word is free", "row_stationary/array_core.cpp",
     "words += (weights + wide(shape_.filter_rate) - 1) / wide(shape_.filter_rate);",
     "words += weights / wide(shape_.filter_rate);"),
    ("buffer latency forgotten", "row_stationary/array_core.cpp",
     "counters_.load_cycles + wide(shape_.buffer_latency);", "counters_.load_cycles;"),
    ("weights of the first channel set for all", "row_stationary/array_core.cpp",
     "(f / s.p * s.r + c / s.q) * s.R + i", "(f / s.p * s.r) * s.R + i"),
    ("columns between windows sent instead of the windows", "row_stationary/pass_shape.hpp",
     "(k / S) * V + k % S", "k"),
    ("psum restored from the neighbouring row", "row_stationary/array_networks.cpp",
     "std::size_t at = psum_index(psum_in_, shape_.psum_in_rate, pe.ofmap_row);",
     "std::size_t at = psum_index(psum_in_, shape_.psum_in_rate, (pe.ofmap_row + 1) % shape_.e);"),
    ("data path: column stride 1", "row_stationary/product_store.cpp",
     "const T value = row[x * b.V + s];", "const T value = row[x + s];"),
    ("data path: row stride forgotten in the strip", "row_stationary/product_store.cpp",
     "s.group * x_.C + s.channel0, row * x_.U + s.kernel_row0,",
     "s.group * x_.C + s.channel0, row + s.kernel_row0,"),
    ("data path: channels of the first split", "row_stationary/product_store.cpp",
     "s.group * x_.C + s.channel0, row * x_.U + s.kernel_row0,",
     "s.group * x_.C, row * x_.U + s.kernel_row0,"),
    ("data path: psums not restored", "row_stationary/product_store.cpp",
     "acc[x][f] = f < b.filters ? b.psum[x * b.psum_column + f] : T{0};", "acc[x][f] = T{0};"),
    ("data path: operands of a pass from the wrong strip", "row_stationary/product_store.cpp",
     "s.row0 * x_.U + s.kernel_row0 + h", "s.kernel_row0 + h"),
    ("zero MACs of one filter only", "layer_data.cpp",
     "return total * static_cast<std::uint64_t>(x.M);", "return total;"),
    ("memo: the FIFO depth is no part of the key", "pass_timer.cpp",
     "const auto found = memo_.find(key);",
     "PassKey other = key;\n    other.words[22] = 4;\n"
     "    const auto found = memo_.find(other);"),
    ("memo: damaged files are read", "pass_timer.cpp",
     "body.size() % sizeof(Record) != 0 || digest != digest_of(body)",
     "body.size() % sizeof(Record) != 0 || digest + 1 == 0"),
    ("memo: written in place", "pass_timer.cpp",
     "write_output(path, file_header() + body + tail);",
     "std::ofstream{path, std::ios::binary} << file_header() << body << tail;"),
]

BUGS = [(what, f"pe/{file}", text, replacement, "pe_test", "differential_test", "silicon_test")
        for what, file, text, replacement in _BUGS]
