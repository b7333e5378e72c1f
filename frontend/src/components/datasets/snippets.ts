/** A few lines for each tool that reads Delta tables. */

export const READERS = ['DuckDB', 'Polars', 'pandas', 'Spark'] as const;
export type Reader = (typeof READERS)[number];

export function snippet(reader: Reader, location: string): string {
  const address = JSON.stringify(location);
  switch (reader) {
    case 'DuckDB':
      return `import duckdb\n\nduckdb.sql("""\n  SELECT * FROM delta_scan('${location.replaceAll("'", "''")}') LIMIT 10\n""")`;
    case 'Polars':
      return `import polars as pl\n\nframe = pl.scan_delta(${address})\nframe.head(10).collect()`;
    case 'pandas':
      return `from deltalake import DeltaTable\n\nframe = DeltaTable(${address}).to_pandas()\nframe.head(10)`;
    case 'Spark':
      return `frame = spark.read.format("delta").load(${address})\nframe.show(10)`;
  }
}
