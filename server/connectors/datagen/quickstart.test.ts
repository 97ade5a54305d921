import { expect, test } from 'vitest'
import { quickstarts } from '#server/connectors/datagen/quickstart.ts'
import { customers, letters, products } from '#server/connectors/datagen/quickstarts/shop.ts'
import type { Wanted } from '#server/connectors/datagen/quickstarts/wanted.ts'

const many = (make: (wanted: Wanted) => ReturnType<typeof quickstarts.orders>, count: number, task = 0) =>
  Array.from({ length: count }, (_, position) => {
    const { key, value } = make({ seed: 7, task, position, at: Date.UTC(2026, 5, 1) + position * 200 })
    const fields = value.schema.fields.map(({ name }) => [name, value.get(name)])
    return { key, ...Object.fromEntries(fields) } as { key: string } & Record<string, unknown>
  })

test.each(Object.entries(quickstarts))('makes %s whose values fit their schema', (_, make) => {
  for (let position = 0; position < 200; position++) {
    const { value } = make({ seed: 7, task: 3, position, at: Date.now() })
    // A struct checks a value when it is set by name.
    for (const { name } of value.schema.fields) expect(() => value.set(name, value.stored(name))).not.toThrow()
  }
})

test('orders add up, name customers and products that exist, and never repeat an id', () => {
  const orders = many(quickstarts.orders, 2_000)
  for (const order of orders) {
    expect(order.total_cents).toBe(Number(order.quantity) * Number(order.unit_price_cents))
    expect(customers.find(({ id }) => id === order.customer_id)).toMatchObject({
      name: order.customer,
      city: order.city,
    })
    expect(products.find(({ id }) => id === order.product_id)).toMatchObject({ name: order.product })
    expect(order.key).toBe(order.order_id)
  }
  expect(new Set(orders.map(({ key }) => key)).size).toBe(2_000)
  expect(new Set(orders.map(({ customer_id }) => customer_id)).size).toBeGreaterThan(350)
})

test('what sells best comes first in the list of products', () => {
  const sold = (id: string | undefined) =>
    many(quickstarts.orders, 5_000).filter((order) => order.product_id === id).length
  expect(sold(products[0]?.id)).toBeGreaterThan(3 * sold(products.at(-1)?.id))
  expect(sold(products.at(-1)?.id)).toBeGreaterThan(0)
})

test('a visit is one customer on one browser who follows the pages', () => {
  const visits = Map.groupBy(many(quickstarts['page-views'], 600), ({ session_id }) => session_id)
  expect(visits.size).toBe(120)
  for (const views of visits.values()) {
    expect(new Set(views.map(({ key, browser }) => `${key} ${browser}`)).size).toBe(1)
    expect(views[0]?.path).toBe('/')
    for (const [at, view] of views.entries()) if (at > 0) expect(view.referrer).toBe(views[at - 1]?.path)
  }
})

test('each sensor belongs to one task and stays near what is usual in its room', () => {
  const [first, second] = [0, 1].map((task) => many(quickstarts['sensor-readings'], 800, task))
  const ids = [first, second].map((readings) => new Set(readings?.map(({ sensor_id }) => sensor_id)))
  expect(ids.map(({ size }) => size)).toEqual([8, 8])
  expect(ids[0]?.isDisjointFrom(ids[1] ?? new Set())).toBe(true)
  for (const readings of Map.groupBy(first ?? [], ({ room }) => room).values()) {
    const degrees = readings.map(({ temperature_celsius }) => Number(temperature_celsius))
    expect(Math.max(...degrees) - Math.min(...degrees)).toBeLessThan(3)
  }
})

test('tasks are marked with letters, without end', () => {
  expect([0, 1, 25, 26, 27, 701, 702].map(letters)).toEqual(['A', 'B', 'Z', 'AA', 'AB', 'ZZ', 'AAA'])
})
