using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using Cairn.Formats;
using Cairn.Model;

namespace Cairn.Functions.Json;

/// <summary>A vector as an array of numbers or <c>{"$f32":"base64, little-endian"}</c>; null or empty: none.</summary>
internal static class VectorReading
{
    /// <param name="node">The member's value.</param>
    /// <param name="writer">Takes it.</param>
    /// <param name="rules">What the space has fixed.</param>
    public static void Write(JsonNode node, CommitWriter writer, VectorRules rules)
    {
        var room = ArrayPool<float>.Shared.Rent(Limits.VectorDimensions);
        try
        {
            var count = node.IsNull ? 0 : Read(node, room);
            if (rules.Dimensions is { } fixedCount && count != 0 && count != fixedCount)
            {
                throw node.OverLimit($"the vectors of this space have {fixedCount} components", fixedCount, count);
            }

            if (count != 0 && !rules.HasDirection(room.AsSpan(0, count)))
            {
                throw node.Refuse("the vectors of this space are compared by cosine: one that is all zeros has no direction");
            }

            node.Mark();
            writer.Vector(room.AsSpan(0, count));
        }
        finally
        {
            ArrayPool<float>.Shared.Return(room);
        }
    }

    /// <summary>A vector that is searched for.</summary>
    public static float[] Require(JsonNode node)
    {
        var room = new float[Limits.VectorDimensions];
        var vector = room[..Read(node, room)];
        return vector.AsSpan().ContainsAnyExcept(0f) ? vector : throw node.Refuse("must have a component that is not 0");
    }

    private static int Read(JsonNode node, Span<float> room) =>
        ValueReading.IsEscape(node, "$f32"u8, out var encoded) ? Decode(node, encoded, room) : Parse(node.RequireArray(), room);

    private static int Parse(JsonNode array, Span<float> room)
    {
        RequireCount(array, array.Count);
        var count = 0;
        foreach (var item in array.Items)
        {
            if (item.Kind != JsonKind.Number || !Utf8Parser.TryParse(item.Text, out float component, out _) || !float.IsFinite(component))
            {
                throw item.Refuse("must be a number within the range of float32");
            }

            room[count++] = component;
        }

        return count;
    }

    private static int Decode(JsonNode node, JsonNode encoded, Span<float> room)
    {
        var bytes = ValueReading.RentBytes(encoded, out var lengthBytes);
        try
        {
            if (lengthBytes % sizeof(float) != 0)
            {
                throw encoded.Refuse("must hold whole float32 components");
            }

            RequireCount(node, lengthBytes / sizeof(float));
            for (var i = 0; i < lengthBytes / sizeof(float); i++)
            {
                room[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i * sizeof(float)));
            }

            return lengthBytes / sizeof(float);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static void RequireCount(JsonNode node, int count)
    {
        if (count > Limits.VectorDimensions)
        {
            throw node.OverLimit($"a vector has at most {Limits.VectorDimensions} components", Limits.VectorDimensions, count);
        }
    }
}
