import { type ConfigOf, double, long, text } from '#server/contract/config-field.ts'

/** What can be made up, by the name that `quickstart` takes. */
export const quickstartNames = ['orders', 'page-views', 'sensor-readings'] as const
export type QuickstartName = (typeof quickstartNames)[number]

export const config = {
  quickstart: text({
    doc: 'What is made up: orders of a shop, page views of its visitors, or readings of sensors. Orders and page views speak of the same customers and products.',
    importance: 'high',
    default: 'orders',
    checks: [{ check: 'one-of', values: quickstartNames }],
    recommended: quickstartNames,
    group: 'Data',
    order: 1,
    width: 'MEDIUM',
    displayName: 'Kind of records',
    example: 'page-views',
  }),
  topic: text({
    doc: 'The topic that the records are written to.',
    importance: 'high',
    checks: [{ check: 'non-empty' }],
    group: 'Data',
    order: 2,
    width: 'MEDIUM',
    displayName: 'Topic',
    example: 'orders',
  }),
  'records.per.second': double({
    doc: 'How many records are made each second, by all tasks together. A fraction makes fewer than one: 0.1 is a record every ten seconds.',
    importance: 'medium',
    default: 5,
    checks: [{ check: 'range', min: 0.001, max: 1_000_000 }],
    group: 'Pace',
    order: 1,
    width: 'SHORT',
    displayName: 'Records per second',
    example: '0.5',
  }),
  iterations: long({
    doc: 'How many records all tasks together make before they rest. Without it they never do.',
    importance: 'low',
    default: null,
    checks: [{ check: 'range', min: 1 }],
    group: 'Pace',
    order: 2,
    width: 'SHORT',
    displayName: 'Number of records',
    example: '1000',
  }),
}

export type DatagenConfig = ConfigOf<typeof config>
