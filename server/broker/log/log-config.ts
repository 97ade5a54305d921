import type { Compression } from '#server/protocol/compression.ts'

/** The settings of a topic that its logs act on, typed. Times in milliseconds; -1 stands for no limit. */
export interface LogConfig {
  compact: boolean
  delete: boolean
  segmentBytes: number
  segmentMs: number
  retentionBytes: number
  retentionMs: number
  deleteRetentionMs: number
  minCleanableDirtyRatio: number
  maxMessageBytes: number
  /** In what records are stored; `producer` leaves them as they come. */
  compression: Compression | 'producer'
  /** Of that compression; undefined where it has no levels. */
  compressionLevel: number | undefined
  /** So far before and after the broker's time a record's own time may be. */
  timestampBeforeMaxMs: number
  timestampAfterMaxMs: number
  logAppendTime: boolean
  /** After so many records the bytes are forced to the disk; Infinity leaves it to the operating system. */
  flushMessages: number
  /** So long may bytes wait to be forced to the disk; Infinity leaves it to the operating system. */
  flushMs: number
  minCompactionLagMs: number
  maxCompactionLagMs: number
}
