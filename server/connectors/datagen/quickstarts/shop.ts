import { chanceAt, seedOf } from '#server/connectors/datagen/chance.ts'

export interface Product {
  id: string
  name: string
  priceCents: number
}

export interface Customer {
  id: string
  name: string
  city: string
  country: string
}

/** What the shop sells, what is bought most first. */
export const products: readonly Product[] = [
  ['Espresso beans, 1 kg', 2190],
  ['Filter coffee, 500 g', 1290],
  ['Paper filters, 100 pieces', 449],
  ['Cappuccino cup', 1450],
  ['Milk jug, 350 ml', 1995],
  ['Hand grinder', 8900],
  ['French press, 1 l', 3490],
  ['Kitchen scale', 2999],
  ['Gooseneck kettle', 7450],
  ['Café au lait bowl', 1690],
  ['Travel mug', 2450],
  ['Tamper, 58 mm', 3290],
  ['Moka pot, 6 cups', 4190],
  ['Crème brûlée torch', 3999],
  ['Espresso machine', 64900],
].map(([name, priceCents], at) => ({
  id: `P-${`${at + 1}`.padStart(2, '0')}`,
  name: `${name}`,
  priceCents: Number(priceCents),
}))

const givenNames = 'Ada Amélie Björn Chiara Dénes Elif Emeka Freya Hana Ivo José Kofi Lena Mateus Noor Olena Pia Søren'
const familyNames =
  'Andersen Bauer Costa Dubois Eriksson Fischer García Horvat Ilves Janssen Kaya Müller Novák Okafor O’Brien Rossi Silva Žižka'
const places = [
  ['Berlin', 'DE'],
  ['Paris', 'FR'],
  ['Madrid', 'ES'],
  ['München', 'DE'],
  ['Wien', 'AT'],
  ['Amsterdam', 'NL'],
  ['Lisboa', 'PT'],
  ['Dublin', 'IE'],
  ['Roma', 'IT'],
  ['Helsinki', 'FI'],
  ['Gent', 'BE'],
  ['Málaga', 'ES'],
  ['Ljubljana', 'SI'],
  ['Tallinn', 'EE'],
  ['Αθήνα', 'GR'],
  ['Besançon', 'FR'],
] as const

/** The same people for every connector: orders and page views can be joined by their ids. */
export const customers: readonly Customer[] = Array.from({ length: 400 }, (_, at) => {
  const chance = chanceAt(seedOf('customers'), at)
  const name = `${chance.pick(givenNames.split(' '))} ${chance.pick(familyNames.split(' '))}`
  const [city, country] = chance.favour(places)
  return { id: `C-${`${at + 1}`.padStart(4, '0')}`, name, city, country }
})

/** A, B, … Z, AA, AB, …: the mark of a task in the ids that it gives. */
export function letters(task: number): string {
  const last = String.fromCharCode(65 + (task % 26))
  return task < 26 ? last : `${letters(Math.floor(task / 26) - 1)}${last}`
}
