/** A key or value of a serialized map: bytes, or Java's null. */
export type JavaBytes = Uint8Array | null

/** Told of a file that holds something else than a map of byte arrays, or less than it says. */
export class JavaMapError extends Error {
  override readonly name = 'JavaMapError'
}

// Java Object Serialization Specification, 6.4: the grammar of the stream; here what a HashMap<byte[], byte[]> needs.
const streamMagic = 0xaced
const streamVersion = 5
const tc = {
  null: 0x70,
  reference: 0x71,
  classDesc: 0x72,
  object: 0x73,
  array: 0x75,
  blockData: 0x77,
  end: 0x78,
} as const
const firstHandle = 0x7e0000
const hashMap = { name: 'java.util.HashMap', uid: 0x0507dac1c31660d1n, flags: 0x03 }
const byteArray = { name: '[B', uid: 0xacf317f8060854e0n, flags: 0x02 }
const primitiveBytes: Readonly<Record<string, number>> = { B: 1, C: 2, D: 8, F: 4, I: 4, J: 8, S: 2, Z: 1 }

/**
 * Reads what Java's ObjectOutputStream wrote of a `HashMap<byte[], byte[]>`, which is how Kafka Connect's standalone mode
 * keeps offsets (`FileOffsetBackingStore`). Throws JavaMapError for anything else.
 */
export function readJavaMap(file: Uint8Array): [key: JavaBytes, value: JavaBytes][] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  /** Classes and arrays by the order of their first appearance: later ones only refer to them. */
  const handles: ({ className: string; primitives: number } | Uint8Array | 'map')[] = []
  let at = 0

  const take = (count: number): number => {
    const from = at
    if (count < 0 || from + count > file.byteLength)
      throw new JavaMapError(`it ends in the middle, at byte ${file.byteLength}`)
    at += count
    return from
  }
  const byte = () => view.getUint8(take(1))
  const short = () => view.getUint16(take(2))
  const int = () => view.getInt32(take(4))
  const text = () => {
    const length = short()
    return Buffer.from(file.buffer, file.byteOffset + take(length), length).toString('latin1')
  }
  const expect = (wanted: number, what: string, found = byte()) => {
    if (found !== wanted) throw new JavaMapError(`there is no ${what} at byte ${at - 1}`)
  }

  function referred() {
    const found = handles[int() - firstHandle]
    if (found === undefined) throw new JavaMapError(`it refers to nothing at byte ${at - 4}`)
    return found
  }

  /** The class of an object or array, and how many bytes its primitive fields take. */
  function classDesc(): { className: string; primitives: number } {
    const kind = byte()
    if (kind === tc.reference) {
      const found = referred()
      if (found === 'map' || found instanceof Uint8Array)
        throw new JavaMapError(`it refers to no class at byte ${at - 4}`)
      return found
    }
    expect(tc.classDesc, 'class', kind)
    const described = { className: text(), primitives: 0 }
    take(8) // serialVersionUID
    handles.push(described)
    byte() // flags
    for (let fields = short(); fields > 0; fields--) {
      const size = primitiveBytes[String.fromCharCode(byte())]
      if (size === undefined) throw new JavaMapError(`the class ${described.className} has other fields than numbers`)
      described.primitives += size
      text()
    }
    expect(tc.end, 'end of a class')
    expect(tc.null, 'class without a parent')
    return described
  }

  function bytes(): JavaBytes {
    const kind = byte()
    if (kind === tc.null) return null
    if (kind === tc.reference) {
      const found = referred()
      if (found instanceof Uint8Array) return found
      throw new JavaMapError(`it refers to no byte array at byte ${at - 4}`)
    }
    expect(tc.array, 'byte array', kind)
    const { className } = classDesc()
    if (className !== byteArray.name) throw new JavaMapError(`it holds ${className} where bytes are expected`)
    const length = int()
    const from = take(length)
    const array = file.slice(from, from + length)
    handles.push(array)
    return array
  }

  if (short() !== streamMagic || short() !== streamVersion) throw new JavaMapError('it is no Java serialization stream')
  expect(tc.object, 'object')
  const { className, primitives } = classDesc()
  if (className !== hashMap.name) throw new JavaMapError(`it holds ${className} where java.util.HashMap is expected`)
  handles.push('map')
  take(primitives)
  expect(tc.blockData, 'size of the map')
  expect(8, 'size of the map')
  int() // buckets
  const size = int()
  const entries: [JavaBytes, JavaBytes][] = []
  for (let n = 0; n < size; n++) entries.push([bytes(), bytes()])
  expect(tc.end, 'end of the map')
  return entries
}

/** Writes the map so that Kafka Connect reads it; a map of one entry is byte for byte what the JVM writes. */
export function writeJavaMap(entries: readonly (readonly [key: JavaBytes, value: JavaBytes])[]): Uint8Array {
  const parts: Uint8Array[] = []
  const put = (size: number, write: (view: DataView) => void) => {
    const part = new Uint8Array(size)
    write(new DataView(part.buffer))
    parts.push(part)
  }
  const byte = (value: number) => put(1, (view) => view.setUint8(0, value))
  const short = (value: number) => put(2, (view) => view.setUint16(0, value))
  const int = (value: number) => put(4, (view) => view.setInt32(0, value))
  const text = (value: string) => {
    short(value.length)
    parts.push(Buffer.from(value, 'latin1'))
  }
  const classDesc = ({ name, uid, flags }: typeof hashMap, fields: readonly [type: string, name: string][]) => {
    byte(tc.classDesc)
    text(name)
    put(8, (view) => view.setBigUint64(0, uid))
    byte(flags)
    short(fields.length)
    for (const [type, field] of fields) {
      byte(type.charCodeAt(0))
      text(field)
    }
    byte(tc.end)
    byte(tc.null)
  }
  let described = false
  const bytes = (value: JavaBytes) => {
    if (value === null) return byte(tc.null)
    byte(tc.array)
    if (described) {
      byte(tc.reference)
      int(firstHandle + 2) // after the map's class and the map
    } else classDesc(byteArray, [])
    described = true
    int(value.length)
    parts.push(value)
  }

  // Java sizes its table so that it is at most three quarters full.
  let buckets = 16
  while (entries.length > buckets * loadFactor) buckets *= 2
  short(streamMagic)
  short(streamVersion)
  byte(tc.object)
  classDesc(hashMap, [
    ['F', 'loadFactor'],
    ['I', 'threshold'],
  ])
  put(4, (view) => view.setFloat32(0, loadFactor))
  int(entries.length === 0 ? 0 : buckets * loadFactor)
  byte(tc.blockData)
  byte(8)
  int(buckets)
  int(entries.length)
  for (const [key, value] of entries) {
    bytes(key)
    bytes(value)
  }
  byte(tc.end)
  return Buffer.concat(parts)
}

const loadFactor = 0.75
