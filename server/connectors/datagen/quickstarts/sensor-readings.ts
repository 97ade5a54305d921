import { chanceAt } from '#server/connectors/datagen/chance.ts'
import type { Made, Wanted } from '#server/connectors/datagen/quickstarts/wanted.ts'
import { logical } from '#server/sdk/logical.ts'
import { plain, schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'

const readingSchema = schema.struct(
  {
    sensor_id: plain.string,
    room: plain.string,
    measured_at: logical.timestamp(),
    temperature_celsius: schema.float64(),
    humidity_percent: schema.float64(),
    battery_percent: schema.int32(),
  },
  { name: 'sluice.demo.SensorReading', version: 1 },
)

/** Where a task's sensors hang, with the temperature and humidity that are usual there. */
const rooms = [
  ['Roastery', 27, 38],
  ['Green coffee store', 18, 55],
  ['Cold room', 4, 72],
  ['Packing hall', 20, 47],
  ['Office', 21.5, 42],
  ['Café', 22.5, 50],
  ['Loading dock', 14, 60],
  ['Laboratory', 20.5, 45],
] as const

const dayMs = 24 * 60 * 60 * 1000
const readingsPerBatteryPercent = 50

/** What a sensor measures, keyed by the sensor: the day's curve around what is usual in its room, and a little noise. */
export function makeReading({ seed, task, position, at }: Wanted): Made {
  const chance = chanceAt(seed, position)
  const index = position % rooms.length
  const [room, temperature, humidity] = rooms[index] ?? rooms[0]
  const id = `S-${`${task * rooms.length + index + 1}`.padStart(3, '0')}`
  const warmth = Math.sin((2 * Math.PI * (at % dayMs)) / dayMs - Math.PI / 2)
  const readings = Math.floor(position / rooms.length)
  const value = Struct.of(readingSchema, [
    id,
    room,
    new Date(at),
    oneDigit(temperature + 2 * warmth + (chance.next() - 0.5)),
    oneDigit(humidity - 4 * warmth + 2 * (chance.next() - 0.5)),
    // From full down to a fifth, then somebody puts in a new one.
    100 - (Math.floor(readings / readingsPerBatteryPercent) % 81),
  ])
  return { key: id, value }
}

const oneDigit = (value: number) => Math.round(value * 10) / 10
