import { replay } from '#server/converters/testdata/replay.ts'

replay('simple-header', { beyondOurValues: 7 })
