import { setFlagsFromString } from 'node:v8'

/**
 * The young generation of every thread that is small now stays so, until `letYoungGrow`. Starting a worker makes much
 * garbage in a short time, from which V8 concludes that it needs 16 MB for what is young, and keeps them.
 */
export const keepYoungSmall = (): void => setFlagsFromString('--semi-space-growth-factor=1')

/** As V8 has it by itself: where records pass through, a young generation that grows is what makes them cheap. */
export const letYoungGrow = (): void => setFlagsFromString('--semi-space-growth-factor=2')
