using System.Text;
using System.Text.Json;
using Cairn.Functions.Streams;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Functions.Imports;

/// <summary>The record of an import, as JSON.</summary>
internal static class ImportJobCodec
{
    private const int Version = 1;

    public static byte[] Encode(ImportJob job)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteString("incarnation", job.Incarnation.ToString());
            json.WriteString("file", job.File);
            json.WriteBoolean("memory", job.IsMemory);
            json.WriteString("onExists", job.OnExists.ToString());
            json.WriteString("lineKey", job.LineKey);
            json.WriteNumber("createdAt", job.CreatedAt.Microseconds);
            json.WriteNumber("updatedAt", job.UpdatedAt.Microseconds);
            json.WriteString("state", job.State.ToString());
            json.WriteNumber("line", job.Line);
            WriteCounts(json, job.Counts);
            json.WriteStartArray("rejected");
            foreach (var (line, problem) in job.Rejected)
            {
                json.WriteNumberValue(line);
                json.WriteRawValue(problem);
            }

            json.WriteEndArray();
            json.WriteNumber("position", job.Position.Value);
            json.WritePropertyName("problem");
            json.WriteRawValue(job.Problem ?? "null"u8.ToArray());
            json.WriteString("holder", job.Holder);
            json.WriteNumber("heldUntil", job.HeldUntil.Microseconds);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <exception cref="CairnException">Corrupt: it is no record of an import.</exception>
    public static ImportJob Decode(string id, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var root = document.RootElement;
            Require(root.GetProperty("version").GetInt32() == Version);
            Require(Incarnation.TryParse(Text(root, "incarnation"), out var incarnation));
            return new()
            {
                Id = id,
                Incarnation = incarnation,
                File = Text(root, "file"),
                IsMemory = root.GetProperty("memory").GetBoolean(),
                OnExists = Word<OnExists>(root, "onExists"),
                LineKey = Text(root, "lineKey"),
                CreatedAt = InstantOf(root, "createdAt"),
                UpdatedAt = InstantOf(root, "updatedAt"),
                State = Word<ImportState>(root, "state"),
                Line = Count(root.GetProperty("line")),
                Counts = ReadCounts(root.GetProperty("counts")),
                Rejected = ReadRejected(root.GetProperty("rejected")),
                Position = new(Count(root.GetProperty("position"))),
                Problem = root.GetProperty("problem") is { ValueKind: JsonValueKind.Object } problem ? Encoding.UTF8.GetBytes(problem.GetRawText()) : null,
                Holder = root.GetProperty("holder").GetString(),
                HeldUntil = InstantOf(root, "heldUntil"),
            };
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CairnException(ErrorKind.Corrupt, $"the record of the import {id} makes no sense: {failure.Message}", failure);
        }
    }

    private static void WriteCounts(Utf8JsonWriter json, ImportCounts counts)
    {
        json.WriteStartArray("counts");
        foreach (var count in (long[])[counts.Lines, counts.Concepts, counts.Associations, counts.Skipped, counts.Rejected])
        {
            json.WriteNumberValue(count);
        }

        json.WriteEndArray();
    }

    private static ImportCounts ReadCounts(JsonElement list)
    {
        Require(list.GetArrayLength() == 5);
        return new(Count(list[0]), Count(list[1]), Count(list[2]), Count(list[3]), Count(list[4]));
    }

    private static RejectedLine[] ReadRejected(JsonElement list)
    {
        Require(list.GetArrayLength() is var length && length % 2 == 0 && length <= 2 * ImportJob.MaxListed);
        return [.. Enumerable.Range(0, list.GetArrayLength() / 2).Select(i => new RejectedLine(Count(list[2 * i]), Encoding.UTF8.GetBytes(list[(2 * i) + 1].GetRawText())))];
    }

    private static string Text(JsonElement root, string member) => root.GetProperty(member).GetString() ?? throw new FormatException(member);

    private static T Word<T>(JsonElement root, string member)
        where T : struct, Enum
    {
        Require(Enum.TryParse<T>(Text(root, member), out var word) && Enum.IsDefined(word));
        return word;
    }

    private static Timestamp InstantOf(JsonElement root, string member) => new(root.GetProperty(member).GetInt64());

    private static long Count(JsonElement value)
    {
        var count = value.GetInt64();
        Require(count >= 0);
        return count;
    }

    private static void Require(bool holds)
    {
        if (!holds)
        {
            throw new FormatException("a member has no value that it could have");
        }
    }
}
