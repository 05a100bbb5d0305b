using System.Buffers;
using System.Numerics.Tensors;
using System.Text.Json;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Infra.Embedding;

/// <summary>Requests and answers of OpenAI's embeddings, which others speak too. Stateless; any thread.</summary>
internal static class EmbeddingJson
{
    private const int MaxMessageLength = 300;

    /// <summary>The body of a request.</summary>
    public static byte[] Request(EmbeddingOptions options, ReadOnlySpan<ReadOnlyMemory<byte>> texts)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(bytes);
        json.WriteStartObject();
        json.WriteString("model"u8, options.Model);
        json.WriteStartArray("input"u8);
        foreach (var text in texts)
        {
            json.WriteStringValue(text.Span);
        }

        json.WriteEndArray();
        if (options.Dimensions is { } dimensions)
        {
            json.WriteNumber("dimensions"u8, dimensions);
        }

        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>The vectors of an answer, in the order of the texts, each made one unit long.</summary>
    /// <exception cref="CairnException">Unavailable: it makes no sense.</exception>
    public static float[][] Read(ReadOnlyMemory<byte> answer, int texts, int? dimensions)
    {
        try
        {
            using var json = JsonDocument.Parse(answer);
            var vectors = new float[texts][];
            foreach (var item in json.RootElement.GetProperty("data"u8).EnumerateArray())
            {
                vectors[item.GetProperty("index"u8).GetInt32()] = Vector(item.GetProperty("embedding"u8));
            }

            var length = dimensions ?? vectors[0]?.Length ?? 0;
            return Array.TrueForAll(vectors, vector => vector?.Length == length) ? vectors : throw Senseless($"it does not have {texts} vectors of {length} components");
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or KeyNotFoundException or IndexOutOfRangeException or FormatException)
        {
            throw Senseless(failure.Message);
        }
    }

    /// <summary>What a refusal says, in one line; empty if it says nothing.</summary>
    public static string Message(ReadOnlySpan<byte> answer)
    {
        try
        {
            var reader = new Utf8JsonReader(answer);
            var error = JsonElement.ParseValue(ref reader).GetProperty("error"u8);
            var text = (error.ValueKind == JsonValueKind.String ? error : error.GetProperty("message"u8)).GetString() ?? "";
            text = text.ReplaceLineEndings(" ");
            return text.Length > MaxMessageLength ? text[..MaxMessageLength] : text;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return "";
        }
    }

    private static float[] Vector(JsonElement components)
    {
        var count = components.GetArrayLength();
        if (count is 0 or > Limits.VectorDimensions)
        {
            throw Senseless($"a vector has {count} components, where 1 to {Limits.VectorDimensions} can be kept");
        }

        var (vector, at) = (new float[count], 0);
        foreach (var component in components.EnumerateArray())
        {
            vector[at++] = component.GetSingle();
        }

        var length = TensorPrimitives.Norm<float>(vector);
        if (!float.IsFinite(length) || length == 0)
        {
            throw Senseless("a vector is zero or not finite");
        }

        TensorPrimitives.Divide(vector, length, vector);
        return vector;
    }

    private static CairnException Senseless(string why) => new(ErrorKind.Unavailable, $"the answer of the embedding service makes no sense: {why}") { Problem = "unavailable" };
}
