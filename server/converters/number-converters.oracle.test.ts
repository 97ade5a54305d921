import { replay } from '#server/converters/testdata/replay.ts'

const fits = 'a number without a schema is written where it is the same number in that type'

replay('number', {
  beyondOurValues: 30,
  onPurpose: {
    'conv/ShortConverter/from/sl-1': fits,
    'conv/ShortConverter/from/sl-4': fits,
    'conv/IntegerConverter/from/sl-1': fits,
    'conv/IntegerConverter/from/sl-2': fits,
    'conv/IntegerConverter/from/sl-4': fits,
    'conv/FloatConverter/from/sl-7': fits,
    'conv/DoubleConverter/from/sl-6': fits,
    'conv/IntegerConverter/from/mm-i64-int': 'a number under INT64 is no value of that schema here',
  },
})
