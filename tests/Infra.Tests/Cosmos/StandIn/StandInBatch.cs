using Microsoft.Azure.Cosmos.Serialization.HybridRow;
using Microsoft.Azure.Cosmos.Serialization.HybridRow.IO;
using Microsoft.Azure.Cosmos.Serialization.HybridRow.Layouts;
using Microsoft.Azure.Cosmos.Serialization.HybridRow.RecordIO;
using Microsoft.Azure.Cosmos.Serialization.HybridRow.Schemas;

namespace Cairn.Infra.Tests.Cosmos.StandIn;

/// <summary>One operation of a batch.</summary>
/// <param name="Kind">Its number in the protocol.</param>
/// <param name="Key">The partition key, as JSON.</param>
/// <param name="Id">The document, where the body does not say.</param>
/// <param name="Body">A document.</param>
/// <param name="IfMatch">The tag that the document must have.</param>
internal sealed record BatchOperation(int Kind, string Key, string? Id, byte[]? Body, string? IfMatch);

/// <summary>What became of one.</summary>
internal sealed record BatchResult(int Status, string? Tag, int? RetryAfterMilliseconds);

/// <summary>The bodies of batches, in which a client that gathers its writes sends them: records of hybrid rows, by the schemas that the client carries.</summary>
internal static class StandInBatch
{
    private static readonly LayoutResolverNamespace Layouts = new(Namespace.Parse(ReadSchemas()));
    private static readonly Layout ResultLayout = Layouts.Resolve(Layouts.Namespace.Schemas.Single(static schema => schema.Name == "BatchResult").SchemaId);

    public static async Task<List<BatchOperation>> ReadAsync(byte[] body)
    {
        var operations = new List<BatchOperation>();
        var result = await RecordIOStream.ReadRecordIOAsync(
            new MemoryStream(body),
            (ReadOnlyMemory<byte> row) =>
            {
                operations.Add(Read(row.ToArray()));
                return Result.Success;
            },
            resizer: new MemorySpanResizer<byte>(body.Length));
        return result == Result.Success ? operations : throw new FormatException($"a batch cannot be read: {result}");
    }

    public static async Task<byte[]> WriteAsync(IReadOnlyList<BatchResult> results)
    {
        var rows = results.Select(Write).ToList();
        using var bytes = new MemoryStream();
        var result = await RecordIOStream.WriteRecordIOAsync(
            bytes,
            new Segment("BatchResult", (Namespace)null!),
            (long index, out ReadOnlyMemory<byte> row) =>
            {
                row = index < rows.Count ? rows[(int)index] : default;
                return Result.Success;
            },
            new MemorySpanResizer<byte>(4096));
        return result == Result.Success ? bytes.ToArray() : throw new FormatException($"a batch's answer cannot be written: {result}");
    }

    private static string ReadSchemas()
    {
        using var reader = new StreamReader(typeof(Microsoft.Azure.Cosmos.CosmosClient).Assembly.GetManifestResourceStream("Microsoft.Azure.Cosmos.Batch.HybridRowBatchSchemas.json")!);
        return reader.ReadToEnd();
    }

    private static BatchOperation Read(byte[] record)
    {
        var row = new RowBuffer(record.Length);
        if (!row.ReadFrom(record, HybridRowVersion.V1, Layouts))
        {
            throw new FormatException("an operation of a batch cannot be read");
        }

        var reader = new RowReader(ref row);
        var (kind, key, id, body, ifMatch) = (0, "", (string?)null, (byte[]?)null, (string?)null);
        while (reader.Read())
        {
            switch (reader.Path.ToString())
            {
                case "operationType":
                    reader.ReadInt32(out kind);
                    break;
                case "partitionKey":
                    reader.ReadString(out key);
                    break;
                case "id":
                    reader.ReadString(out id);
                    break;
                case "resourceBody":
                    reader.ReadBinary(out body);
                    break;
                case "ifMatch":
                    reader.ReadString(out ifMatch);
                    break;
                default:
                    break;
            }
        }

        return new(kind, key, id, body, ifMatch);
    }

    private static ReadOnlyMemory<byte> Write(BatchResult result)
    {
        var row = new RowBuffer(4096, new MemorySpanResizer<byte>(4096));
        row.InitLayout(HybridRowVersion.V1, ResultLayout, Layouts);
        var written = RowWriter.WriteBuffer(ref row, result, static (ref RowWriter writer, TypeArgument _, BatchResult one) =>
        {
            writer.WriteInt32("statusCode", one.Status);
            writer.WriteInt32("subStatusCode", 0);
            if (one.Tag is not null)
            {
                writer.WriteString("eTag", one.Tag);
            }

            if (one.RetryAfterMilliseconds is { } milliseconds)
            {
                writer.WriteUInt32("retryAfterMilliseconds", (uint)milliseconds);
            }

            return writer.WriteFloat64("requestCharge", 1.0);
        });
        return written == Result.Success ? row.ToArray() : throw new FormatException($"a result of a batch cannot be written: {written}");
    }
}
