import type { ScalarType } from '#server/converters/protobuf/protobuf-names.ts'
import type { ByteSink } from '#server/converters/registry/byte-sink.ts'
import type { ByteSource } from '#server/converters/registry/byte-source.ts'
import type { Value } from '#server/sdk/value.ts'

export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const

/** How the values of one scalar type lie in a message. */
export interface ScalarCodec {
  wire: number
  zero: Value
  isZero(value: Value): boolean
  write(value: Value, to: ByteSink): void
  read(from: ByteSource): Value
}

const number = (value: Value) => value as number
const big = (value: Value) => BigInt(value as bigint | number)
const isZeroNumber = (value: Value) => Object.is(value, 0)
const isZeroBig = (value: Value) => value === 0n || value === 0

const int = (write: (value: number, to: ByteSink) => void, read: (from: ByteSource) => number, wire: number) => ({
  wire,
  zero: 0,
  isZero: isZeroNumber,
  write: (value: Value, to: ByteSink) => write(number(value), to),
  read,
})
const long = (write: (value: bigint, to: ByteSink) => void, read: (from: ByteSource) => bigint, wire: number) => ({
  wire,
  zero: 0n,
  isZero: isZeroBig,
  write: (value: Value, to: ByteSink) => write(big(value), to),
  read,
})

function fixed32(value: number, to: ByteSink): void {
  to.room(4)
  to.at = to.bytes.writeInt32LE(value | 0, to.at)
}

function fixed64(value: bigint, to: ByteSink): void {
  to.room(8)
  to.at = to.bytes.writeBigInt64LE(BigInt.asIntN(64, value), to.at)
}

const varint = (value: number, to: ByteSink) => (value < 0 ? to.varint64(BigInt(value)) : to.varint(value))

/** Unsigned numbers of 64 bits keep their bits: those beyond the range of INT64 are below zero in Connect. */
export const scalarCodecs: Readonly<Record<ScalarType, ScalarCodec>> = {
  int32: int(varint, (from) => from.int32(), wireTypes.varint),
  sint32: int(
    (value, to) => to.zigzag(value),
    (from) => {
      const raw = from.int32()
      return (raw >>> 1) ^ -(raw & 1)
    },
    wireTypes.varint,
  ),
  sfixed32: int(fixed32, (from) => from.bytes.readInt32LE(from.skip(4)), wireTypes.fixed32),
  uint32: long(
    (value, to) => to.varint64(BigInt.asUintN(32, value)),
    (from) => BigInt.asUintN(32, from.uint64()),
    wireTypes.varint,
  ),
  fixed32: long(
    (value, to) => fixed32(Number(BigInt.asIntN(32, value)), to),
    (from) => BigInt(from.bytes.readUInt32LE(from.skip(4))),
    wireTypes.fixed32,
  ),
  int64: long(
    (value, to) => to.varint64(value),
    (from) => from.int64(),
    wireTypes.varint,
  ),
  uint64: long(
    (value, to) => to.varint64(value),
    (from) => from.int64(),
    wireTypes.varint,
  ),
  sint64: long(
    (value, to) => to.zigzag64(value),
    (from) => from.zigzag64(),
    wireTypes.varint,
  ),
  fixed64: long(fixed64, (from) => from.bytes.readBigInt64LE(from.skip(8)), wireTypes.fixed64),
  sfixed64: long(fixed64, (from) => from.bytes.readBigInt64LE(from.skip(8)), wireTypes.fixed64),
  float: int(
    (value, to) => to.float(value),
    (from) => from.float(),
    wireTypes.fixed32,
  ),
  double: int(
    (value, to) => to.double(value),
    (from) => from.double(),
    wireTypes.fixed64,
  ),
  bool: {
    wire: wireTypes.varint,
    zero: false,
    isZero: (value) => value === false,
    write: (value, to) => to.byte(value ? 1 : 0),
    read: (from) => from.uint64() !== 0n,
  },
  string: {
    wire: wireTypes.bytes,
    zero: '',
    isZero: (value) => value === '',
    write(value, to) {
      const length = Buffer.byteLength(value as string)
      to.varint(length)
      to.utf8(value as string, length)
    },
    read: (from) => from.utf8(from.varint()),
  },
  bytes: {
    wire: wireTypes.bytes,
    zero: Buffer.alloc(0),
    isZero: (value) => (value as Uint8Array).length === 0,
    write(value, to) {
      to.varint((value as Uint8Array).length)
      to.raw(value as Uint8Array)
    },
    read: (from) => from.raw(from.varint()),
  },
}
