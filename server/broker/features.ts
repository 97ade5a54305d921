/** Transactions in which every end brings a new epoch (KIP-890): clients use them where this says 2. */
export const transactionVersion = { name: 'transaction.version', level: 2 } as const
