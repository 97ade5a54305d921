import { replay } from '#server/converters/testdata/replay.ts'

const neverNull = 'a setting here is a text or absent, never null'

replay('json', { beyondOurValues: 18, onPurpose: { 'conv/json-cfg8': neverNull, 'conv/json-cfg10': neverNull } })
