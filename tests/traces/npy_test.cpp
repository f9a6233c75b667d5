#include "traces/npy.hpp"

#include <cstring>
#include <limits>

#include <gtest/gtest.h>

#include "sim/base/random.hpp"
#include "tests/traces/test_files.hpp"

namespace turnpike::traces {
namespace {

using test::expect_file_error;

const NpyPlace kPlace{{"a.npz"}, "member 'w'"};

/// An image with any header text and data, built apart from encode_npy.
std::string image(const std::string& header, const std::string& data, int version = 1) {
  std::string out = "\x93NUMPY";
  out += static_cast<char>(version);
  out += '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) {
    out += static_cast<char>(header.size() >> (8 * i) & 0xffU);
  }
  return out + header + data;
}

std::string header(const std::string& descr, const std::string& shape, bool fortran = false) {
  return "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") +
         ", 'shape': " + shape + ", }   \n";
}

Tensor decode(const std::string& bytes) {
  return decode_npy(bytes, kPlace);
}

void expect_bad_array(const std::string& bytes, std::string_view part) {
  SCOPED_TRACE(part);
  expect_file_error([&] { static_cast<void>(decode(bytes)); }, part);
}

template <class T>
std::string raw(const std::vector<T>& values) {
  std::string out(values.size() * sizeof(T), '\0');
  std::memcpy(out.data(), values.data(), out.size());
  return out;
}

TEST(Npy, ReadsEveryVersionAndElementType) {
  for (const int version : {1, 2, 3}) {
    EXPECT_EQ(decode(image(header("<i4", "(2,)"), raw<std::int32_t>({-7, 8}), version)),
              (Tensor{{2}, std::vector<std::int32_t>{-7, 8}}));
  }
  EXPECT_EQ(decode(image(header("|i1", "(1, 2)"), "\xff\x02")),
            (Tensor{{1, 2}, std::vector<std::int8_t>{-1, 2}}));
  EXPECT_EQ(decode(image(header("|u1", "(1,)"), "\xff")),
            (Tensor{{1}, std::vector<std::uint8_t>{255}}));
  EXPECT_EQ(decode(image(header("|b1", "(2,)"), std::string{"\x01\x00", 2})),
            (Tensor{{2}, std::vector<std::uint8_t>{1, 0}}));
  EXPECT_EQ(decode(image(header("<i2", "(1,)"), raw<std::int16_t>({-300}))),
            (Tensor{{1}, std::vector<std::int16_t>{-300}}));
  EXPECT_EQ(decode(image(header("<u2", "(1,)"), raw<std::uint16_t>({65535}))),
            (Tensor{{1}, std::vector<std::uint16_t>{65535}}));
  EXPECT_EQ(decode(image(header("<u4", "(1,)"), raw<std::uint32_t>({4000000000U}))),
            (Tensor{{1}, std::vector<std::uint32_t>{4000000000U}}));
  EXPECT_EQ(decode(image(header("<i8", "()"), raw<std::int64_t>({-5}))),
            (Tensor{{}, std::vector<std::int64_t>{-5}}));
  EXPECT_EQ(decode(image(header("<u8", "(1,)"), raw<std::uint64_t>({1ULL << 62U}))),
            (Tensor{{1}, std::vector<std::int64_t>{std::int64_t{1} << 62U}}));
  EXPECT_EQ(decode(image(header("<f4", "(1,)"), raw<float>({1.5F}))),
            (Tensor{{1}, std::vector<float>{1.5F}}));
  EXPECT_EQ(decode(image(header("<f8", "(0, 3)"), "")), (Tensor{{0, 3}, std::vector<double>{}}));
}

TEST(Npy, KeysMayComeInAnyOrderAndQuotes) {
  const std::string text = R"({"shape":(2,),"fortran_order":False,"descr":"|u1"})";
  EXPECT_EQ(decode(image(text, "ab")), (Tensor{{2}, std::vector<std::uint8_t>{'a', 'b'}}));
}

TEST(Npy, BigEndianDataAreSwapped) {
  EXPECT_EQ(decode(image(header(">i2", "(2,)"), std::string{"\x01\x02\xff\xfe", 4})),
            (Tensor{{2}, std::vector<std::int16_t>{258, -2}}));
  EXPECT_EQ(decode(image(header(">f8", "(1,)"), std::string{"\x3f\xf8\0\0\0\0\0\0", 8})),
            (Tensor{{1}, std::vector<double>{1.5}}));
  EXPECT_EQ(decode(image(header(">f2", "(1,)"), std::string{"\x3e\x00", 2})),
            (Tensor{{1}, std::vector<float>{1.5F}}));
}

TEST(Npy, FortranOrderBecomesRowMajor) {
  // a[i][j][k] = 100 i + 10 j + k of shape (2, 3, 2), first index fastest
  std::string data;
  std::vector<std::uint8_t> expected;
  for (int k = 0; k < 2; ++k) {
    for (int j = 0; j < 3; ++j) {
      for (int i = 0; i < 2; ++i) {
        data += static_cast<char>(100 * i + 10 * j + k);
      }
    }
  }
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 3; ++j) {
      for (int k = 0; k < 2; ++k) {
        expected.push_back(static_cast<std::uint8_t>(100 * i + 10 * j + k));
      }
    }
  }
  EXPECT_EQ(decode(image(header("|u1", "(2, 3, 2)", true), data)), (Tensor{{2, 3, 2}, expected}));
}

/// Oracle: the value of each half from the definition, sign * 2^(e - 15) * (1 + f / 1024).
TEST(Npy, EveryFiniteHalfIsExact) {
  std::vector<std::uint16_t> halves;
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    if ((bits >> 10U & 0x1fU) != 0x1f) {
      halves.push_back(static_cast<std::uint16_t>(bits));
    }
  }
  const Tensor floats =
      decode(image(header("<f2", fmt::format("({},)", halves.size())), raw(halves)));
  for (std::size_t i = 0; i < halves.size(); ++i) {
    const int e = halves[i] >> 10 & 0x1f;
    const double f = (halves[i] & 0x3ff) / 1024.0;
    const double size = e == 0 ? std::ldexp(f, -14) : std::ldexp(1.0 + f, e - 15);
    const double expected = (halves[i] & 0x8000) != 0 ? -size : size;
    ASSERT_EQ(static_cast<double>(floats.as<float>()[i]), expected) << halves[i];
  }
  const Tensor special = decode(image(header("<f2", "(2,)"), std::string{"\0\x7c\0\x7e", 4}));
  EXPECT_TRUE(std::isinf(special.as<float>()[0]));
  EXPECT_TRUE(std::isnan(special.as<float>()[1]));
}

TEST(Npy, WhatIsNoNpyIsRejected) {
  expect_bad_array("", "a.npz: member 'w': not a .npy array");
  expect_bad_array("PK\x03\x04 something else", "not a .npy array");
  expect_bad_array("\x93NUMPY", "not a .npy array");
  expect_bad_array(image(header("|u1", "(1,)"), "a", 4), ".npy version 4.0");
  expect_bad_array(std::string{"\x93NUMPY\x01\x00\x40", 9}, "ends inside the .npy header");
  expect_bad_array(std::string{"\x93NUMPY\x01\x00\x40\x00{", 11}, "header of 64 bytes, but only 1");
}

TEST(Npy, UnsupportedElementTypesAreNamed) {
  expect_bad_array(image(header("|O", "(1,)"), "x"), "pickled Python objects");
  expect_bad_array(image("{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (1,), }", "x"),
                   "records");
  for (const std::string descr :
       {"<c8", "|S5", "<U3", "<M8[ns]", "|V4", "<f16", "=i4", "|i4", "i4", "", "<i3", "<x4"}) {
    expect_bad_array(image(header(descr, "(1,)"), "x"), "dtype '" + descr + "' is not supported");
  }
}

TEST(Npy, BrokenHeadersAreRejected) {
  const auto expect = [](const std::string& text, std::string_view part) {
    expect_bad_array(image(text, "abcd"), part);
  };
  expect("", "expected '{'");
  expect("{", "expected a quoted string");
  expect("{'descr", "without its closing quote");
  expect("{}", "needs the keys descr, fortran_order and shape");
  expect("{'descr': '|u1', 'shape': (4,), }", "needs the keys");
  expect("{'descr': '|u1', 'descr': '|u1'}", "repeated key 'descr'");
  expect("{'color': '|u1'}", "unknown or repeated key 'color'");
  expect("{'descr': '|u1', 'fortran_order': 1, 'shape': (4,)}", "must be True or False");
  expect("{'descr': '|u1', 'fortran_order': False, 'shape': 4}", "expected '('");
  expect("{'descr': '|u1', 'fortran_order': False, 'shape': (4}", "expected ')'");
  expect("{'descr': '|u1', 'fortran_order': False, 'shape': (,)}", "expected a number");
  expect("{'descr': '|u1', 'fortran_order': False, 'shape': (4,)} x", "text after");
  expect(header("|u1", "(-4,)"), "negative extent");
}

TEST(Npy, HugeShapesAreRejectedBeforeAnyAllocation) {
  expect_bad_array(image(header("<f8", "(99999999999999999999,)"), ""), "overflows 63 bits");
  expect_bad_array(image(header("<f8", "(4294967296, 4294967296)"), ""), "overflows 63 bits");
  expect_bad_array(image(header("<f8", "(2305843009213693952,)"), ""), "overflows 63 bits");
  expect_bad_array(image(header("<f8", "(4611686018427387904, 4, 0)"), ""), "overflows 63 bits");
  expect_bad_array(image(header("|u1", "(1099511627776,)"), "abc"),
                   "shape (1099511627776) needs 1099511627776 bytes of data, but there are 3");
  std::string many = "(";
  for (int i = 0; i < 33; ++i) {
    many += "1,";
  }
  expect_bad_array(image(header("|u1", many + ")"), "a"), "more than 32 dimensions");
}

TEST(Npy, DataOfTheWrongLengthAreRejected) {
  expect_bad_array(image(header("<i4", "(2,)"), "abcdefg"),
                   "needs 8 bytes of data, but there are 7");
  expect_bad_array(image(header("<i4", "(2,)"), "abcdefghi"), "there are 9");
}

TEST(Npy, ValuesThatHaveNoTypeAreRejected) {
  expect_bad_array(image(header("|b1", "(2,)"), std::string{"\x01\x02", 2}), "bool element 1");
  expect_bad_array(image(header("<u8", "(1,)"), raw<std::uint64_t>({1ULL << 63U})),
                   "uint64 element 0 is 9223372036854775808");
}

template <class T>
void round_trip(const TensorShape& shape, Random& random) {
  std::vector<T> values(static_cast<std::size_t>(element_count(shape)));
  for (T& value : values) {
    value = static_cast<T>(random.integer(-100, 100));
  }
  const Tensor tensor{shape, values};
  const std::string bytes = encode_npy(tensor);
  EXPECT_EQ(parse_npy_header(bytes, kPlace).data_offset % 64, 0U);
  EXPECT_EQ(decode(bytes), tensor);
}

TEST(Npy, WritingAndReadingGiveTheSameTensor) {
  Random random{42};
  for (const TensorShape& shape : {TensorShape{}, {3}, {0}, {2, 3}, {1, 2, 3, 4, 5}}) {
    round_trip<std::int8_t>(shape, random);
    round_trip<std::uint8_t>(shape, random);
    round_trip<std::int16_t>(shape, random);
    round_trip<std::uint16_t>(shape, random);
    round_trip<std::int32_t>(shape, random);
    round_trip<std::uint32_t>(shape, random);
    round_trip<std::int64_t>(shape, random);
    round_trip<float>(shape, random);
    round_trip<double>(shape, random);
  }
}

TEST(Npy, TheWriterMatchesNumPysBytes) {  // np.save of numpy 1.24, a committed sample
  const std::string path = test::sample("tiny_gru/x.q.npy");
  EXPECT_EQ(encode_npy(read_npy(path)), test::bytes_of(path));
}

}  // namespace
}  // namespace turnpike::traces
