using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Formats;

/// <summary>Random concepts and associations come back as they were put. The seed is in the failure's name.</summary>
public sealed class CommitRoundTripProperties
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 40)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Body_WhenWrittenFromRandomObjects_ReadsBackEqual(int seed)
    {
        var random = new Random(seed);
        var concepts = Enumerable.Range(0, 20).Select(_ => Concept(random)).ToArray();
        var associations = Enumerable.Range(0, 20).Select(_ => Association(random)).ToArray();
        var writer = Commits.Begin();
        foreach (var concept in concepts)
        {
            writer.Put(concept, OnExists.Merge);
        }

        foreach (var association in associations)
        {
            writer.Associate(association, OnExists.Replace, MissingEndpoints.Imply);
        }

        var reader = new CommitReader(writer.Finish().Body);
        foreach (var concept in concepts)
        {
            Assert.True(reader.TryReadOperation(out var operation));
            Assert.Equal(Text(concept), Text(ReadConcept(operation)));
        }

        foreach (var association in associations)
        {
            Assert.True(reader.TryReadOperation(out var operation));
            Assert.Equal(Text(association.Attributes), Text(ReadAttributes(operation)));
            Assert.Equal(association.Key.Source, Utf8(operation.Association.Source));
            Assert.Equal(association.Key.Key, Utf8(operation.Association.Key));
        }

        Assert.False(reader.TryReadOperation(out _));
    }

    private static Concept Concept(Random random) => new()
    {
        Id = Name(random, 1, 60),
        Labels = [.. Enumerable.Range(0, random.Next(17)).Select(i => $"{i}{Name(random, 0, 20)}")],
        Content = random.Next(3) == 0 ? Name(random, 0, 5000) : null,
        MediaType = random.Next(2) == 0 ? Name(random, 1, 30) : null,
        Attributes = Attributes(random, random.Next(8) == 0 ? 256 : random.Next(6), 8),
        Vector = random.Next(2) == 0 ? [.. Enumerable.Range(0, random.Next(1, 50)).Select(_ => random.NextSingle())] : null,
        Strength = random.NextSingle(),
        Confidence = random.Next(2) == 0 ? 1 : random.NextSingle(),
        ValidFrom = random.Next(2) == 0 ? Instant(random) : null,
        ExpiresAt = random.Next(2) == 0 ? Instant(random) : null,
    };

    private static Association Association(Random random) => new()
    {
        Key = new(Name(random, 1, 40), Name(random, 1, 20), Name(random, 1, 40), Name(random, 0, 20)),
        Attributes = Attributes(random, random.Next(4), 8),
    };

    private static Dictionary<string, Value> Attributes(Random random, int count, int depth) =>
        Enumerable.Range(0, count).ToDictionary(i => $"{i}{Name(random, 0, 12)}", _ => Value(random, depth));

    private static Value Value(Random random, int depth) => random.Next(depth > 0 ? 9 : 7) switch
    {
        0 => Cairn.Model.Value.Null,
        1 => random.Next(2) == 0,
        2 => random.NextInt64(long.MinValue, long.MaxValue),
        3 => random.NextDouble() * Math.Pow(10, random.Next(-300, 300)),
        4 => Name(random, 0, random.Next(10) == 0 ? 20_000 : 40),
        5 => Instant(random),
        6 => Bytes(random),
        7 => Enumerable.Range(0, random.Next(4)).Select(_ => Value(random, depth - 1)).ToArray(),
        _ => Cairn.Model.Value.Object(Attributes(random, random.Next(3), depth - 1)),
    };

    private static byte[] Bytes(Random random)
    {
        var bytes = new byte[random.Next(300)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static Timestamp Instant(Random random) => new(random.NextInt64(Timestamp.Min.Microseconds, Timestamp.Max.Microseconds));

    // One, two, three and four bytes of UTF-8, never a control character.
    private static string Name(Random random, int least, int most) =>
        string.Concat(Enumerable.Range(0, random.Next(least, most + 1)).Select(_ => new[] { "a", "Z", "~", "ü", "日", "👩" }[random.Next(6)]));

    private static Concept ReadConcept(OperationView operation)
    {
        var concept = new Concept { Id = Utf8(operation.Id), Attributes = ReadAttributes(operation) };
        var fields = new FieldReader(operation.Fields);
        while (fields.TryRead(out var tag, out var payload))
        {
            concept = tag switch
            {
                FieldTag.Labels => concept with { Labels = ReadNames(payload) },
                FieldTag.TextContent => concept with { Content = Utf8(FieldPayload.Content(payload)) },
                FieldTag.MediaType => concept with { MediaType = Utf8(FieldPayload.MediaType(payload)) },
                FieldTag.Vector => concept with { Vector = ReadVector(payload) },
                FieldTag.Strength => concept with { Strength = FieldPayload.Single(payload) },
                FieldTag.Confidence => concept with { Confidence = FieldPayload.Single(payload) },
                FieldTag.ValidFrom => concept with { ValidFrom = FieldPayload.Instant(payload) },
                FieldTag.ExpiresAt => concept with { ExpiresAt = FieldPayload.Instant(payload) },
                FieldTag.Attributes => concept,
                _ => throw new InvalidOperationException($"{tag}"),
            };
        }

        return concept;
    }

    private static List<string> ReadNames(ReadOnlySpan<byte> payload)
    {
        var names = new List<string>();
        var reader = new NameListReader(payload, wideCount: false);
        while (reader.TryRead(out var name))
        {
            names.Add(Utf8(name));
        }

        return names;
    }

    private static float[] ReadVector(ReadOnlySpan<byte> payload)
    {
        var vector = new float[FieldPayload.VectorDimensions(payload)];
        FieldPayload.CopyVector(payload, vector);
        return vector;
    }

    private static Dictionary<string, Value> ReadAttributes(OperationView operation)
    {
        var attributes = new Dictionary<string, Value>();
        var fields = new FieldReader(operation.Fields);
        while (fields.TryRead(out var tag, out var payload))
        {
            var reader = tag == FieldTag.Attributes ? new AttributeReader(payload) : default;
            while (reader.TryRead(out var name, out var value))
            {
                attributes.Add(Utf8(name), value.ToValue());
            }
        }

        return attributes;
    }

    private static string Text(Concept concept) => string.Join('|', [
        concept.Id, string.Join(',', concept.Labels), concept.Content, concept.MediaType, Text(concept.Attributes),
        concept.Vector is null ? "" : string.Join(',', concept.Vector.Select(BitConverter.SingleToUInt32Bits)),
        $"{BitConverter.SingleToUInt32Bits(concept.Strength)}", $"{concept.Confidence}",
        $"{concept.ValidFrom?.Microseconds}", $"{concept.ExpiresAt?.Microseconds}"]);

    private static string Text(IReadOnlyDictionary<string, Value> members) => string.Join(',', members.Select(member => $"{member.Key}:{Text(member.Value)}"));

    private static string Text(Value value) => value.Kind switch
    {
        ValueKind.Null => "null",
        ValueKind.Bool => $"{value.AsBool}",
        ValueKind.Int64 => $"{value.AsInt64}",
        ValueKind.Float64 => $"{BitConverter.DoubleToInt64Bits(value.AsFloat64):x}",
        ValueKind.String => $"'{value.AsString}'",
        ValueKind.DateTime => $"@{value.AsDateTime.Microseconds}",
        ValueKind.Bytes => Convert.ToHexString(value.AsBytes),
        ValueKind.Array => $"[{string.Join(',', value.AsArray.Select(Text))}]",
        _ => $"{{{Text(value.AsObject)}}}",
    };

    private static string Utf8(ReadOnlySpan<byte> bytes) => System.Text.Encoding.UTF8.GetString(bytes);
}
