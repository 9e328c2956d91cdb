import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'
import type { Figure } from '../part.ts'

/** Every value as a dot and each way's median as a line, one picture for all figures of a part. Resolves to SVG. */
export async function plot(figures: readonly Figure[]): Promise<string> {
  const spec: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    padding: 12,
    vconcat: figures.map(({ title, unit, ways }) => ({
      title: { text: title, anchor: 'start' as const, fontSize: 12 },
      width: 520,
      height: { step: 22 },
      data: {
        values: ways.flatMap(({ name, values }) => values.map((value) => ({ name, value }))),
      },
      encoding: { y: { field: 'name', type: 'nominal' as const, sort: null, title: null } },
      layer: [
        {
          mark: { type: 'point' as const, filled: true, opacity: 0.5, size: 30 },
          encoding: {
            x: {
              field: 'value',
              type: 'quantitative' as const,
              title: unit,
              scale: { zero: true },
            },
            color: { field: 'name', type: 'nominal' as const, sort: null, legend: null },
          },
        },
        {
          mark: { type: 'tick' as const, thickness: 2, size: 18, color: 'black' },
          encoding: { x: { field: 'value', aggregate: 'median', type: 'quantitative' as const } },
        },
      ],
    })),
    resolve: { scale: { color: 'independent' } },
    config: { axis: { labelLimit: 320, titleFontWeight: 'normal' } },
  }
  return new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG()
}
