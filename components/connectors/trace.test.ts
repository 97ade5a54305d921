import { expect, test } from 'vitest'
import { readTrace } from '#components/connectors/trace.ts'

test('names the deepest cause of a JVM trace', () => {
  const trace = [
    'org.apache.kafka.connect.errors.ConnectException: Exiting WorkerSinkTask due to unrecoverable exception.',
    '\tat org.apache.kafka.connect.runtime.WorkerSinkTask.deliver(WorkerSinkTask.java:636)',
    'Caused by: java.io.IOException: wrapped',
    'Caused by: java.net.ConnectException: Connection refused: 10.0.0.7:9200',
    '\t... 12 more',
  ].join('\n')
  expect(readTrace(trace)).toEqual({
    headline: 'Exiting WorkerSinkTask due to unrecoverable exception.',
    cause: 'Connection refused: 10.0.0.7:9200',
    between: ['wrapped'],
  })
})

test('a trace of one line has no other cause', () => {
  expect(readTrace("Error: EACCES: permission denied, open '/x'")).toEqual({
    headline: "EACCES: permission denied, open '/x'",
    cause: undefined,
    between: [],
  })
})

test('says what was being done when the cause came, without repeating its words', () => {
  const trace = [
    'Error: Tolerance exceeded in error handler',
    '    at exceeded (tolerance.ts:36:38)',
    'Caused by: DataException: Converting byte[] to Kafka Connect data failed due to serialization error: ',
    'Caused by: SerializationException: SyntaxError: Expected a comma',
    'Caused by: SyntaxError: Expected a comma',
  ].join('\n')
  expect(readTrace(trace)).toEqual({
    headline: 'Tolerance exceeded in error handler',
    cause: 'Expected a comma',
    between: ['Converting byte[] to Kafka Connect data failed due to serialization error'],
  })
})
