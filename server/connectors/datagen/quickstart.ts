import type { QuickstartName } from '#server/connectors/datagen/config.ts'
import { makeOrder } from '#server/connectors/datagen/quickstarts/orders.ts'
import { makePageView } from '#server/connectors/datagen/quickstarts/page-views.ts'
import { makeReading } from '#server/connectors/datagen/quickstarts/sensor-readings.ts'
import type { Struct } from '#server/sdk/struct.ts'

/** Which record is wanted. */
export interface Wanted {
  /** The connector's, so that two of them do not say the same. */
  seed: number
  task: number
  /** Counted from 0 within the task. */
  position: number
  /** When it happens, milliseconds since the epoch. */
  at: number
}

export interface Made {
  key: string
  value: Struct
}

/** What is made up: everything but the time follows from the place, so that a record sent again is the same record. */
export const quickstarts = {
  orders: makeOrder,
  'page-views': makePageView,
  'sensor-readings': makeReading,
} satisfies Record<QuickstartName, (wanted: Wanted) => Made>
