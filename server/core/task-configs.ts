import type { ConnectorConfig } from '#server/contract/connector.ts'

/** What the framework adds to the task configs that a connector made (Kafka: `Worker.connectorTaskConfigs`). */
export function completeTaskConfigs(
  made: readonly Record<string, string>[],
  connector: { config: ConnectorConfig; taskClass: string; type: 'source' | 'sink' },
): ConnectorConfig[] {
  const topicKeys = connector.type === 'sink' ? ['topics', 'topics.regex'] : []
  return made.map((own) => {
    const task: ConnectorConfig = Object.assign(Object.create(null), own)
    task['task.class'] = connector.taskClass
    for (const key of topicKeys) if (connector.config[key] != null) task[key] = connector.config[key]
    return task
  })
}

/** How many tasks a connector may make, and whether more are refused (KIP-1004). */
export function tasksMaxOf(config: ConnectorConfig): { max: number; enforced: boolean } {
  const max = Number(config['tasks.max'] ?? 1)
  const enforced = (config['tasks.max.enforce'] ?? 'true').trim().toLowerCase() !== 'false'
  return { max: Number.isInteger(max) && max > 0 ? max : 1, enforced }
}

/** Kafka's words for a connector that made too many (`TooManyTasksException`). */
export const tooManyTasks = (connector: string, made: number, max: number): string =>
  `The connector ${connector} has generated ${made} tasks, which is greater than ${max}, the maximum number of tasks it is configured to create. This behaviour should be considered a bug and is disallowed. If necessary, it can be permitted by reconfiguring the connector with 'tasks.max.enforce' set to false; however, this option will be removed in a future release of Kafka Connect.`
