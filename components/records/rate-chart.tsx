'use client'
import 'uplot/dist/uPlot.min.css'
import { useEffect, useRef, useState } from 'react'
import type { Rate } from '#components/records/rate.ts'
import { perSecond } from '#components/ui/format.ts'

const size = { width: 180, height: 32 }

/** The records of each second as a small line; the number beside it says the last one. Drawn once a second. */
export function RateChart({ read }: { read: Rate['read'] }) {
  const latestRead = useRef(read)
  latestRead.current = read
  const host = useRef<HTMLSpanElement>(null)
  const [points, setPoints] = useState(read)
  const latest = useRef(points)
  latest.current = points
  const draw = useRef<(points: [number[], number[]]) => void>(() => {})

  useEffect(() => {
    const timer = setInterval(() => setPoints(latestRead.current()), 1000)
    return () => clearInterval(timer)
  }, [])

  useEffect(() => {
    let gone = false
    let destroy = () => {}
    const drawn = import('uplot').then(({ default: UPlot }) => {
      if (gone || !host.current) return
      const stroke = () => getComputedStyle(document.documentElement).getPropertyValue('--accent-solid')
      const plot = new UPlot(
        {
          ...size,
          legend: { show: false },
          cursor: { show: false },
          axes: [{ show: false }, { show: false }],
          scales: { x: { time: false }, y: { range: (_, _min, max) => [0, Math.max(1, max)] } },
          padding: [2, 0, 2, 0],
          series: [{}, { stroke, width: 1.5, points: { show: false } }],
        },
        latest.current,
        host.current,
      )
      draw.current = (next) => plot.setData(next)
      destroy = () => plot.destroy()
    })
    // uPlot refuses browsers whose language has no proper tag; the number beside the line says the same.
    drawn.catch((error: unknown) => console.warn('The chart cannot be drawn here.', error))
    return () => {
      gone = true
      destroy()
    }
  }, [])

  useEffect(() => draw.current(points), [points])

  const last = points[1].at(-1)
  return (
    <span className="inline-flex items-center gap-2">
      <span ref={host} aria-hidden="true" style={size} className="hidden sm:block" />
      <span
        className="num whitespace-nowrap text-xs"
        title={`Records a second, of the last minute: ${points[1].map(perSecond).join(' ')}`}
      >
        {perSecond(last)} rec/s
      </span>
    </span>
  )
}
