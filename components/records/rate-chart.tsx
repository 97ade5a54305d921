'use client'
import { useEffect, useRef, useState } from 'react'
import { linePoints } from '#components/records/line-points.ts'
import type { Rate } from '#components/records/rate.ts'
import { perSecond } from '#components/ui/format.ts'

const size = { width: 180, height: 32 }

/** The records a second of the last minute as a small line; the number beside it says the last one. Drawn once a second. */
export function RateChart({ read }: { read: Rate['read'] }) {
  const latest = useRef(read)
  latest.current = read
  const [series, setSeries] = useState(read)

  // Also at once when there is something new to read.
  useEffect(() => setSeries(read()), [read])
  useEffect(() => {
    const timer = setInterval(() => setSeries(latest.current()), 1000)
    return () => clearInterval(timer)
  }, [])

  const [, rates] = series
  return (
    <span className="inline-flex items-center gap-2">
      <svg {...size} aria-hidden="true" className="hidden border-line border-b sm:block">
        <polyline
          points={linePoints(series, size)}
          fill="none"
          stroke="var(--accent-solid)"
          strokeWidth="1.5"
          strokeLinejoin="round"
        />
      </svg>
      <span
        className="num whitespace-nowrap text-xs"
        title={`Records a second, of the last minute: ${rates.map(perSecond).join(' ')}`}
      >
        {perSecond(rates.at(-1))} rec/s
      </span>
    </span>
  )
}
