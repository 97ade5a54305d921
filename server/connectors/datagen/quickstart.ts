import type { QuickstartName } from '#server/connectors/datagen/config.ts'
import { makeOrder } from '#server/connectors/datagen/quickstarts/orders.ts'
import { makePageView } from '#server/connectors/datagen/quickstarts/page-views.ts'
import { makeReading } from '#server/connectors/datagen/quickstarts/sensor-readings.ts'
import type { Made, Wanted } from '#server/connectors/datagen/quickstarts/wanted.ts'

/** What is made up: everything but the time follows from the place, so that a record sent again is the same record. */
export const quickstarts = {
  orders: makeOrder,
  'page-views': makePageView,
  'sensor-readings': makeReading,
} satisfies Record<QuickstartName, (wanted: Wanted) => Made>
