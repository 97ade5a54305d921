import { replay } from '#server/converters/testdata/replay.ts'

const address = 'Java writes the address of an object; a byte array is refused here'

replay('string', {
  beyondOurValues: 6,
  onPurpose: {
    'conv/string/from/opt-bytes': address,
    'conv/string/from/bytes': address,
    'conv/string/from/bytes-empty': address,
    'conv/string/from/bytebuffer': address,
    'conv/string/from/sl-14': address,
    'conv/string/from/sl-15': address,
    'hconv/string/from/bytes': address,
    'hconv/string/from/bytes-empty': address,
  },
})
