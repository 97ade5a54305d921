import { connectMetrics } from '#server/observe/connect-metrics.ts'
import { prometheusName } from '#server/observe/metric-registry.ts'

/** The reference of `/metrics`, printed from the table of metrics. */
export function metricsPage(): string {
  return [
    '# Metrics',
    '',
    'Printed from `server/observe/connect-metrics.ts` by `npm run docs`. Every worker answers `GET /metrics` in the text',
    'format of Prometheus, in a group and standalone alike. The metrics are those of Kafka Connect, under the names that the',
    'usual rules of the JMX exporter give them: the domain (`kafka_connect_`), the type of the MBean without `connect-` and',
    '`-metrics`, and the attribute, with underscores; the tag `client-id` is the label `client_id`. A word (a state, a class, a',
    'version) is a label called like its metric, on the value 1. Averages and rates look back over `metrics.num.samples` windows of `metrics.sample.window.ms`; an average',
    'without a measurement in them is NaN. What tasks measure arrives once a second, and goes when the task or its',
    'connector leaves the worker.',
    '',
    ...connectMetrics.flatMap((group) => [
      `## ${[`\`${group.type}\``, group.tags.length > 0 ? `by ${group.tags.join(' and ')}` : ''].join(' ').trim()}`,
      '',
      '| at /metrics | in Kafka Connect | is |',
      '| --- | --- | --- |',
      ...group.metrics.map(({ name, doc }) => `| \`${prometheusName(group, name)}\` | \`${name}\` | ${doc} |`),
      '',
    ]),
  ].join('\n')
}
