/** What the console shows of topics. `server/topics` implements it over kafkajs (lists, hand-made records) and our own client. */
export interface Topics extends AsyncDisposable {
  list(): Promise<TopicSummary[]>
  describe(topic: string): Promise<TopicDetail>
  /** Where the partitions of these topics begin and end, all in one question; topics that do not exist are left out. */
  offsets(topics: readonly string[]): Promise<TopicOffsets[]>
  /** One page of records, oldest first, ending or starting where `from` says. */
  read(query: ReadQuery, signal: AbortSignal): Promise<TopicRecord[]>
  /** Follows the topic from its end until the signal aborts; yields at most one event per frame of about 50 ms. */
  tail(query: TailQuery, signal: AbortSignal): AsyncIterable<TailFrame>
  produce(record: HandMadeRecord): Promise<{ partition: number; offset: string }>
}

export interface TopicSummary {
  name: string
  partitions: number
  internal: boolean
  /** End offset minus start offset, summed: an upper bound of the records in it. */
  records: number
}

/** A partition that cannot answer now is left out. */
export interface TopicOffsets {
  name: string
  offsets: { partition: number; start: number; end: number }[]
}

export interface TopicDetail extends TopicSummary, TopicOffsets {
  config: { name: string; value: string | null; isDefault: boolean }[]
}

/** How the bytes of keys and values are shown. `auto` tries JSON, then UTF-8 text, then hex. */
export const recordFormats = ['auto', 'json', 'text', 'hex'] as const
export type RecordFormat = (typeof recordFormats)[number]

export interface ReadQuery {
  topic: string
  partition?: number
  from: { at: 'newest' } | { at: 'oldest' } | { at: 'offset'; offset: number } | { at: 'time'; ms: number }
  /** Only records whose key or value contains this text. */
  contains?: string
  limit: number
  format: RecordFormat
}

export interface TailQuery {
  topic: string
  partition?: number
  contains?: string
  format: RecordFormat
  /** Start this many records before the end. */
  backlog: number
  /** Goes on where another tail stood; `backlog` does not matter then. */
  from?: TailPlace
}

/** Where a tail stands: the counters so far, and the offset that each partition goes on with. */
export interface TailPlace {
  delivered: number
  filtered: number
  skipped: number
  next: { partition: number; offset: number }[]
}

/** An event for the browser, and the place after it for whoever opens the tail again. */
export interface TailFrame {
  event: TailEvent
  place: TailPlace
}

export interface TopicRecord {
  partition: number
  offset: number
  timestamp: number
  key: ShownBytes | null
  value: ShownBytes | null
  headers: { name: string; value: ShownBytes | null }[]
  /** Bytes of key, value and headers. */
  size: number
}

/** Bytes as text, and how they were read; `truncated` when the text is only the beginning. */
export interface ShownBytes {
  text: string
  format: Exclude<RecordFormat, 'auto'>
  truncated: boolean
}

/** The counters add up: every record read since the start was delivered, filtered or skipped. */
export interface TailEvent {
  records: TopicRecord[]
  delivered: number
  filtered: number
  skipped: number
  behind: number
}

export interface HandMadeRecord {
  topic: string
  partition?: number
  key: string | null
  value: string | null
  headers: { name: string; value: string }[]
}
