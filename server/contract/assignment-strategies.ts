import { javaTrim } from '#server/contract/java-trim.ts'

/** Kafka's classes for `partition.assignment.strategy`, and the names under which members of a group vote for them. */
export const assignmentStrategies = {
  'org.apache.kafka.clients.consumer.RangeAssignor': 'range',
  'org.apache.kafka.clients.consumer.RoundRobinAssignor': 'roundrobin',
  'org.apache.kafka.clients.consumer.StickyAssignor': 'sticky',
  'org.apache.kafka.clients.consumer.CooperativeStickyAssignor': 'cooperative-sticky',
} as const

export type AssignorName = (typeof assignmentStrategies)[keyof typeof assignmentStrategies]

/** Reads the setting: the assignors in their order of preference, or what is wrong with it, the value and the fix included. */
export function readAssignmentStrategies(
  text: string,
): { ok: true; assignors: AssignorName[] } | { ok: false; problem: string } {
  const classes = text.split(',').map(javaTrim)
  const unknown = classes.filter((name) => !Object.hasOwn(assignmentStrategies, name))
  const invalid = (why: string) => ({
    ok: false as const,
    problem: `Invalid value ${text} for configuration partition.assignment.strategy: ${why}`,
  })
  if (unknown.length > 0) {
    const known = Object.keys(assignmentStrategies).join(', ')
    return invalid(`there is no assignor '${unknown.join("', '")}' here; list one or more of ${known}`)
  }
  if (new Set(classes).size < classes.length) return invalid('name each assignor once')
  return { ok: true, assignors: classes.map((name) => assignmentStrategies[name as keyof typeof assignmentStrategies]) }
}
