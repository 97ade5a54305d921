import { chanceAt } from '#server/connectors/datagen/chance.ts'
import { customers, letters, products } from '#server/connectors/datagen/quickstarts/shop.ts'
import type { Made, Wanted } from '#server/connectors/datagen/quickstarts/wanted.ts'
import { logical } from '#server/sdk/logical.ts'
import { plain, schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'

/** Money is a whole number of cents: exact in every format, and readable in each of them. */
const orderSchema = schema.struct(
  {
    order_id: plain.string,
    ordered_at: logical.timestamp(),
    customer_id: plain.string,
    customer: plain.string,
    city: plain.string,
    country: plain.string,
    product_id: plain.string,
    product: plain.string,
    quantity: schema.int32(),
    unit_price_cents: schema.int32(),
    total_cents: schema.int32(),
    currency: plain.string,
    payment: plain.string,
  },
  { name: 'sluice.demo.Order', version: 1 },
)

const payments = ['card', 'card', 'paypal', 'invoice', 'transfer'] as const

/** An order of a customer for one product, keyed by the order's id, which no other order of the connector has. */
export function makeOrder({ seed, task, position, at }: Wanted): Made {
  const chance = chanceAt(seed, position)
  const customer = chance.pick(customers)
  const product = chance.favour(products)
  const quantity = product.priceCents > 5_000 ? 1 : chance.favour([1, 2, 3, 4, 6])
  const id = `${letters(task)}-${100_001 + position}`
  const value = Struct.of(orderSchema, [
    id,
    new Date(at),
    customer.id,
    customer.name,
    customer.city,
    customer.country,
    product.id,
    product.name,
    quantity,
    product.priceCents,
    quantity * product.priceCents,
    'EUR',
    chance.pick(payments),
  ])
  return { key: id, value }
}
