import { type Chance, chanceAt } from '#server/connectors/datagen/chance.ts'
import { customers, letters, type Product, products } from '#server/connectors/datagen/quickstarts/shop.ts'
import type { Made, Wanted } from '#server/connectors/datagen/quickstarts/wanted.ts'
import { logical } from '#server/sdk/logical.ts'
import { plain, schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'

const pageViewSchema = schema.struct(
  {
    viewed_at: logical.timestamp(),
    user_id: plain.string,
    session_id: plain.string,
    path: plain.string,
    referrer: plain.optionalString,
    browser: plain.string,
    country: plain.string,
    duration_ms: schema.int32(),
  },
  { name: 'sluice.demo.PageView', version: 1 },
)

/** How many visitors look around at the same time, and how many pages each of them sees. */
const visitors = 12
const pagesPerVisit = 5

const browsers = ['Chrome', 'Safari', 'Firefox', 'Edge'] as const
const referrers = ['https://search.example/', null, 'https://news.example/coffee', 'https://mail.example/'] as const

/** A page that a customer looks at, keyed by the customer: a visit leads from the door to the checkout, or stops looking. */
export function makePageView({ seed, task, position, at }: Wanted): Made {
  const turn = Math.floor(position / visitors)
  const visit = Math.floor(turn / pagesPerVisit) * visitors + (position % visitors)
  const step = turn % pagesPerVisit
  // The visit decides who it is and what it is after; the record only how long it takes.
  const ofVisit = chanceAt(~seed, visit)
  const customer = ofVisit.pick(customers)
  const browser = ofVisit.favour(browsers)
  const origin = ofVisit.favour(referrers)
  const pages = pagesOf(ofVisit.favour(products), ofVisit)
  const value = Struct.of(pageViewSchema, [
    new Date(at),
    customer.id,
    `${letters(task)}-${5_001 + visit}`,
    pages[step] ?? '/',
    step === 0 ? origin : (pages[step - 1] ?? null),
    browser,
    customer.country,
    chanceAt(seed, position).between(800, 45_000),
  ])
  return { key: customer.id, value }
}

const pageOf = ({ id }: Product) => `/products/${id.toLowerCase()}`

function pagesOf(product: Product, chance: Chance): string[] {
  const buys = chance.next() < 0.4
  const rest = buys ? ['/cart', '/checkout'] : [pageOf(chance.pick(products)), pageOf(chance.pick(products))]
  return ['/', chance.pick(['/search?q=coffee', '/sale', '/new', '/gifts']), pageOf(product), ...rest]
}
