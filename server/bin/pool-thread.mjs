// Where a pool thread begins: what it imports is found by the short way.
import './short-imports.mjs'

await import('./pool-thread.ts')
