import { expect, test } from 'vitest'
import { createFrameReader } from '#server/kafka/frame-reader.ts'

function read(...chunks: Buffer[]) {
  const said: string[] = []
  const reader = createFrameReader(
    100,
    (frame) => said.push(frame.toString('latin1')),
    (why) => said.push(`bad: ${why}`),
  )
  for (const chunk of chunks) reader.push(chunk)
  return said
}

test('frames come whole, however they are cut', () => {
  const stream = Buffer.from('\0\0\0\x05first\0\0\0\x06second', 'latin1')
  expect(read(stream)).toEqual(['first', 'second'])
  expect(read(...Array.from(stream, (byte) => Buffer.from([byte])))).toEqual(['first', 'second'])
})

test.each([
  ['HTTP/1.1 400 Bad Request\r\n', "it answers in HTTP, not in Kafka's protocol"],
  ['SSH-2.0-OpenSSH', 'it answers with "SSH-…", not in Kafka\'s protocol'],
  ['\x15\x03\x03\0', 'it speaks TLS: security.protocol must be SSL or SASL_SSL'],
  ['\0\0\x01\0', 'a frame of 256 bytes'],
  ['\0\0\0\x03', 'a frame of 3 bytes'],
])('what is no answer of a broker is told for what it is: %j', (bytes, why) => {
  expect(read(Buffer.from(bytes, 'latin1'))).toEqual([expect.stringContaining(`bad: ${why}`)])
})
