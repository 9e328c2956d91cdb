import { Hono } from 'hono'
import type { Place } from '../hosts.ts'
import { type AccessServices, requireMayRead } from './may-read.ts'

export interface MetricsServices extends AccessServices {
  /** All metrics, in Prometheus' text format. */
  metrics(): Promise<{ text: string; contentType: string }>
}

/** `GET /metrics`, for Prometheus: it says what runs here and since when, so it asks for a read token, near the machine too. */
export const createMetrics = (services: MetricsServices, place: Place): Hono =>
  new Hono().get('/metrics', async (c) => {
    requireMayRead(c, { services, place })
    const { text, contentType } = await services.metrics()
    return c.body(text, 200, { 'content-type': contentType })
  })
