import { connectMetrics, type Metric, type MetricGroup } from '#server/observe/connect-metrics.ts'
import {
  createMetricSamples,
  type Measured,
  type MetricSamples,
  type SampleWindows,
} from '#server/observe/metric-samples.ts'

/** Which object metrics are about, in Kafka Connect's tags: `connector`, `task`. */
export type Tags = Readonly<Record<string, string>>

/** Metrics whose values are known when they are asked for. */
export interface Reading {
  type: string
  tags: Tags
  values: Readonly<Record<string, number | string>>
}

/** What was measured of every object, and its text for Prometheus. */
export interface MetricRegistry {
  measure(type: string, tags: Tags, sensor: string, measured: Measured): void
  /** Forgets every object that has these tags. */
  forget(tags: Tags): void
  /** The sum of everything that was measured; 0 before the first time. */
  total(type: string, tags: Tags, sensor: string): number
  /** Everything in Prometheus' text format 0.0.4, with what `readings` say. */
  print(readings: readonly Reading[]): string
}

interface Sensor {
  total: number
  last: number
  samples: MetricSamples
}

interface Known {
  group: MetricGroup
  tags: Tags
  sensors: Map<string, Sensor>
  /** What was read for the page that is being printed. */
  values: Readonly<Record<string, number | string>>
}

export function createMetricRegistry(options: SampleWindows & { now(): number }): MetricRegistry {
  const all = new Map<string, Known>()
  const keyOf = (type: string, tags: Tags) => JSON.stringify([type, ...Object.entries(tags).flat()])

  function knownOf(type: string, tags: Tags): Known {
    const key = keyOf(type, tags)
    const found = all.get(key)
    if (found) return found
    const known = { group: groupOf(type, tags), tags, sensors: new Map(), values: {} }
    all.set(key, known)
    return known
  }

  function shownValue({ sensors, values }: Known, metric: Metric): number | string | undefined {
    const read = values[metric.name]
    if (read !== undefined) return read
    const sensor = sensors.get(metric.sensor)
    if (!sensor && metric.onDemand) return undefined
    const now = options.now()
    switch (metric.statistic) {
      case 'total':
        return sensor?.total ?? 0
      case 'last':
        return sensor?.last ?? 0
      case 'rate':
        return sensor?.samples.rate(now) ?? 0
      case 'text':
        return undefined
      default:
        return sensor?.samples[metric.statistic](now) ?? Number.NaN
    }
  }

  return {
    measure(type, tags, name, measured) {
      const { sensors } = knownOf(type, tags)
      const sensor = sensors.get(name) ?? { total: 0, last: 0, samples: createMetricSamples(options) }
      sensors.set(name, sensor)
      sensor.total += measured.sum
      sensor.last = measured.last
      sensor.samples.add(measured, options.now())
    },
    total: (type, tags, name) => all.get(keyOf(type, tags))?.sensors.get(name)?.total ?? 0,
    forget(tags) {
      for (const [key, known] of all) {
        if (Object.entries(tags).every(([name, value]) => known.tags[name] === value)) all.delete(key)
      }
    },
    print(readings) {
      const read = new Map(readings.map((reading) => [keyOf(reading.type, reading.tags), reading]))
      const shown = [...all].map(([key, known]) => ({ ...known, values: read.get(key)?.values ?? {} }))
      for (const [key, { type, tags, values }] of read) {
        if (!all.has(key)) shown.push({ group: groupOf(type, tags), tags, sensors: new Map(), values })
      }
      return connectMetrics
        .flatMap((group) => {
          const objects = shown.filter((known) => known.group === group)
          return group.metrics.flatMap((metric) => {
            const lines = objects.flatMap((known) => {
              const value = shownValue(known, metric)
              return value === undefined ? [] : [line(group, metric, known.tags, value)]
            })
            return lines.length === 0 ? [] : [...head(group, metric), ...lines]
          })
        })
        .concat('')
        .join('\n')
    },
  }
}

function groupOf(type: string, tags: Tags): MetricGroup {
  const names = Object.keys(tags).join()
  const found = connectMetrics.find((group) => group.type === type && group.tags.join() === names)
  if (!found) throw new Error(`there are no metrics ${type} with the tags ${names}`)
  return found
}

/**
 * The name that the usual rules of the JMX exporter give a metric: the domain, the type without what the domain says and
 * without `-metrics`, and the attribute, with underscores.
 */
export function prometheusName({ domain = 'kafka.connect', type }: MetricGroup, metric: string): string {
  const [, short = ''] = domain.split('.')
  const own = type.replace(new RegExp(`^${short}-`), '').replace(/-?metrics$/, '')
  return [...domain.split('.'), ...(own === '' ? [] : [own]), metric].join('_').replaceAll('-', '_')
}

const head = (group: MetricGroup, { name, doc, statistic }: Metric): string[] => [
  `# HELP ${prometheusName(group, name)} ${doc}`,
  `# TYPE ${prometheusName(group, name)} ${statistic === 'total' ? 'counter' : 'gauge'}`,
]

/** A text is the value of a label that is called like its metric; the number beside it is 1. */
function line(group: MetricGroup, metric: Metric, tags: Tags, value: number | string): string {
  const isText = typeof value === 'string'
  const labels = Object.entries(isText ? { ...tags, [metric.name.replaceAll('-', '_')]: value } : tags)
  const shown = labels.map(([label, text]) => `${label.replaceAll('-', '_')}="${escaped(text)}"`).join(',')
  return `${prometheusName(group, metric.name)}${shown && `{${shown}}`} ${isText ? 1 : value}`
}

const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
