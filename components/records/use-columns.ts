'use client'
import { useMemo } from 'react'
import { useUrlState } from '#components/frame/use-url-state.ts'
import { parseColumns, printColumns } from '#components/records/read-query.ts'

/** The fields that stand as columns; they stand in the URL, so that a link shows the same. */
export function useColumns(): [columns: string[], set: (columns: string[]) => void] {
  const url = useUrlState()
  const text = url.get('columns')
  const columns = useMemo(() => parseColumns(text), [text])
  return [columns, (next) => url.set({ columns: printColumns(next) })]
}
