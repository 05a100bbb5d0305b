using System.Text.Json;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Table;

/// <summary>A record as the service's JSON has it: two keys and one property of bytes.</summary>
internal static class TableEntity
{
    private const string Partition = "PartitionKey", Row = "RowKey", Content = "Record";

    public static byte[] Encode(string partition, string row, ReadOnlySpan<byte> bytes)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString(Partition, partition);
            json.WriteString(Row, row);
            json.WriteString(Content + "@odata.type", "Edm.Binary");
            json.WriteBase64String(Content, bytes);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <exception cref="CairnException">Corrupt: it is none of ours.</exception>
    public static TableRecord Decode(ReadOnlyMemory<byte> answer) => Read(answer, DecodeOne);

    /// <exception cref="CairnException">Corrupt: one is none of ours.</exception>
    public static IReadOnlyList<TableRecord> DecodePage(ReadOnlyMemory<byte> answer) =>
        Read(answer, static root => (IReadOnlyList<TableRecord>)[.. root.GetProperty("value").EnumerateArray().Select(DecodeOne)]);

    private static T Read<T>(ReadOnlyMemory<byte> answer, Func<JsonElement, T> decode)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            return decode(document.RootElement);
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CairnException(ErrorKind.Corrupt, $"the table service answered what is no record: {failure.Message}", failure);
        }
    }

    private static TableRecord DecodeOne(JsonElement entity) => new(
        entity.GetProperty(Row).GetString() ?? throw new FormatException("a record without a key"),
        entity.GetProperty(Content).GetBytesFromBase64(),
        new(entity.GetProperty("odata.etag").GetString() ?? throw new FormatException("a record without a version")));
}
