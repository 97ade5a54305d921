import { parseConfig } from '#server/core/config-def.ts'
import { logical } from '#server/sdk/logical.ts'
import { schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import type { ConnectRecord, Transform } from '#server/sdk/transform.ts'
import { transforms } from '#server/transforms/catalog.ts'

const order = schema.struct(
  {
    id: schema.int64(),
    customer: schema.string(),
    city: schema.string({ optional: true }),
    quantity: schema.int32(),
    price: schema.float64(),
    discount: schema.float32({ optional: true }),
    paid: schema.boolean(),
    at: logical.timestamp(),
    card: schema.string(),
    buyer: schema.struct({ name: schema.string(), mail: schema.string() }),
  },
  { name: 'shop.Order' },
)
const buyer = order.fields.at(-1)?.schema

const records = Array.from({ length: 2_000 }, (_, i): ConnectRecord => {
  if (buyer?.type !== 'STRUCT') throw new Error('a buyer is a struct')
  const person = Struct.of(buyer, [`name-${i}`, `${i}@example.com`])
  const values = [
    BigInt(i),
    `customer-${i}`,
    null,
    i % 10,
    i / 8,
    0.5,
    i % 2 === 0,
    new Date(1.78e12 + i),
    '4111',
    person,
  ]
  return {
    topic: 'orders',
    sourcePartition: { file: 'orders' },
    sourceOffset: { position: i },
    partition: null,
    timestamp: 1.78e12 + i,
    keySchema: null,
    key: null,
    valueSchema: order,
    value: Struct.of(order, values),
    headers: [{ name: 'trace', schema: schema.string(), value: 't' }],
  }
})

/** Each transform with settings that give it something to do. */
const settings: Readonly<Record<string, Record<string, string>>> = {
  Cast$Value: { spec: 'quantity:int64,price:string' },
  DropHeaders: { headers: 'trace' },
  ExtractField$Value: { field: 'buyer.mail', 'field.syntax.version': 'V2' },
  Filter: {},
  Flatten$Value: { delimiter: '_' },
  HeaderFrom$Value: { fields: 'customer', headers: 'customer', operation: 'move' },
  HoistField$Value: { field: 'order' },
  InsertField$Value: {
    'topic.field': 'source',
    'timestamp.field': 'sent',
    'static.field': 'region',
    'static.value': 'eu',
  },
  InsertHeader: { header: 'origin', 'value.literal': 'shop' },
  MaskField$Value: { fields: 'card', replacement: '***' },
  RegexRouter: { regex: '(.*)', replacement: 'eu-$1' },
  ReplaceField$Value: { exclude: 'discount', renames: 'id:order_id' },
  SetSchemaMetadata$Value: { 'schema.name': 'shop.Order', 'schema.version': '2' },
  TimestampConverter$Value: { field: 'at', 'target.type': 'string', format: "yyyy-MM-dd'T'HH:mm:ss.SSSXXX" },
  TimestampRouter: {},
  ValueToKey: { fields: 'id' },
  CelFilter: { condition: 'value.quantity > 3 && value.customer.startsWith("customer")' },
  CelMap: { mapping: '{"total": value.price * double(value.quantity)}' },
}

const chain = ['InsertField$Value', 'MaskField$Value', 'ReplaceField$Value', 'ValueToKey', 'RegexRouter'] as const
const measuredCpuSeconds = 1

/** Records per CPU-second of each transform on a record of ten fields, and of five of them in a row. */
export async function measureTransforms(): Promise<object[]> {
  const lines = Object.keys(settings).map((simple) => {
    const transform = create(simple)
    return {
      bench: 'transform',
      transform: simple,
      recordsPerCpuSecond: perCpuSecond((record) => transform.apply(record)),
    }
  })
  // The last but one looks for fields by the names that the one before gave them.
  const five = chain.map((simple) => create(simple, simple === 'ValueToKey' ? { fields: 'order_id' } : undefined))
  const recordsPerCpuSecond = perCpuSecond((record) => {
    let current: ConnectRecord | null = record
    for (const transform of five) current = current && transform.apply(current)
  })
  return [...lines, { bench: 'transform-chain', transforms: chain, recordsPerCpuSecond }]
}

function create(simple: string, config = settings[simple] ?? {}): Transform {
  const plugin = transforms.find(({ class: name }) => name.endsWith(`.${simple}`))
  const parsed = plugin && parseConfig(plugin.config, config)
  if (!parsed?.ok) throw new Error(`${simple} cannot be measured with ${JSON.stringify(config)}`)
  return plugin?.create(parsed.value as never) as Transform
}

function perCpuSecond(step: (record: ConnectRecord) => void): number {
  const spent = () => process.cpuUsage().user / 1e6
  for (const record of records) step(record)
  const begin = spent()
  let done = 0
  while (spent() - begin < measuredCpuSeconds) {
    for (const record of records) step(record)
    done += records.length
  }
  return Math.round(done / (spent() - begin))
}
