import { classOf, double, flag, int, list, long, secret, short, text } from '#server/contract/config-field.ts'

const everywhereBut = (hidden: string) =>
  [
    '',
    'connector-start',
    'task-configs',
    'validate',
    'validate-error',
    'many',
    'hide',
    'task-start',
    'task1-start',
    'task-poll',
  ].filter((where) => where !== hidden)

/** The keys of the source that was installed beside Kafka's own while its REST API was recorded. */
export const oracleSourceConfig = {
  'test.fail': text({
    doc: 'Where to fail.',
    importance: 'high',
    default: '',
    group: 'Test',
    order: 1,
    width: 'MEDIUM',
    displayName: 'Failure point',
    dependents: ['test.int'],
  }),
  'test.tasks': int({
    doc: 'Number of task configs; -1 = tasks.max.',
    importance: 'medium',
    default: -1,
    group: 'Test',
    order: 2,
    width: 'SHORT',
    displayName: 'Tasks',
  }),
  'test.alter': text({ doc: 'What alterOffsets does.', importance: 'low', default: 'false' }),
  'test.records': int({
    doc: 'Records per task.',
    importance: 'low',
    default: 0,
    checks: [{ check: 'range', min: 0, max: 1000 }],
  }),
  topic: text({ doc: 'Topic.', importance: 'low', default: 'test' }),
  'test.eos': text({ doc: 'exactlyOnceSupport.', importance: 'low', default: 'supported' }),
  'test.int': int({
    doc: 'An int.',
    importance: 'low',
    default: 7,
    checks: [{ check: 'range', min: 1 }],
    visibleWhen: { field: 'test.fail', in: everywhereBut('hide') },
    recommendedWhen: [{ field: 'test.fail', in: ['many'], values: ['1', '2', '3'] }],
    group: 'Numbers',
    order: 1,
    width: 'SHORT',
    displayName: 'Int',
  }),
  'test.short': short({
    doc: 'A short.',
    importance: 'low',
    default: 1,
    group: 'Numbers',
    order: 2,
    width: 'SHORT',
    displayName: 'Short',
  }),
  'test.long': long({
    doc: 'A long.',
    importance: 'low',
    default: 1,
    group: 'Numbers',
    order: 3,
    displayName: 'Long',
  }),
  'test.double': double({
    doc: 'A double.',
    importance: 'low',
    default: 1.5,
    group: 'Numbers',
    order: 4,
    width: 'LONG',
    displayName: 'Double',
  }),
  'test.bool': flag({ doc: 'A boolean.', importance: 'low', default: false }),
  'test.list': list({ doc: 'A list.', importance: 'low', default: ['a', 'b'] }),
  'test.password': secret({ doc: 'A password.', importance: 'low', default: null }),
  'test.class': classOf({ doc: 'A class.', importance: 'low', default: null }),
  'test.regex': text({ doc: 'A string with a validator.', importance: 'low', default: null }),
  'test.nonempty': text({ doc: 'Not empty.', importance: 'low', default: 'x', checks: [{ check: 'non-empty' }] }),
}

export type OracleSourceConfig = typeof oracleSourceConfig
