using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cairn.Functions.Answers;

namespace Cairn.Functions.Tests.Answers;

/// <summary>Answers are, byte for byte, what System.Text.Json would write with its relaxed encoder.</summary>
public sealed class JsonWriterTests
{
    private const int Texts = 20_000;
    private const int MaxDepth = 5;

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    // What has to be escaped and what looks like it, whole characters and broken ones.
    private static readonly byte[][] Pieces =
    [
        "plain words "u8.ToArray(), "\""u8.ToArray(), "\\"u8.ToArray(), "/<>&'+`"u8.ToArray(), "\0\u0001\b\t\n\f\r\u001F"u8.ToArray(), "\u007F\u0080\u009F"u8.ToArray(),
        "æøå"u8.ToArray(), "\u00A0\u2028\u2029\uFEFF\uFFFD"u8.ToArray(), "漢字"u8.ToArray(), "\uE000\uFFFF"u8.ToArray(), "🌍\U0010FFFF"u8.ToArray(),
        [0xFF], [0x80], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x8C], [0xED, 0xA0, 0x80], [0xC0, 0x80],
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Write_WhenAnyText_IsWhatSystemTextJsonWrites(int seed)
    {
        var random = new Random(seed);
        var json = new JsonWriter(capacityBytes: 1);
        for (var i = 0; i < Texts; i++)
        {
            var buffer = new ArrayBufferWriter<byte>();
            using var expected = new Utf8JsonWriter(buffer, Relaxed);
            json.Reset();
            WriteValue(random, json, expected, depth: 0);
            expected.Flush();

            Assert.True(json.Written.Span.SequenceEqual(buffer.WrittenSpan), $"seed {seed}, text {i}: {Encoding.UTF8.GetString(json.Written.Span)}");
            JsonDocument.Parse(json.Written).Dispose();
        }
    }

    [Theory]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(100_000)]
    public void WriteStringValue_WhenAllIsEscaped_IsWhole(int length)
    {
        var text = new byte[length];
        var json = new JsonWriter(capacityBytes: 16);

        json.WriteStringValue(text);

        using var read = JsonDocument.Parse(json.Written);
        Assert.Equal(new string('\0', length), read.RootElement.GetString());
    }

    [Fact]
    public void WriteStringValue_WhenASurrogateIsAlone_IsWhatSystemTextJsonWrites()
    {
        foreach (var text in (string[])["\uD83C", "a\uDF0Db", "\uD83C\uDF0D", "\"\uD83C\"", "é"])
        {
            var buffer = new ArrayBufferWriter<byte>();
            using var expected = new Utf8JsonWriter(buffer, Relaxed);
            expected.WriteStringValue(text);
            expected.Flush();
            var json = new JsonWriter(capacityBytes: 1);

            json.WriteStringValue(text);

            Assert.Equal(Encoding.UTF8.GetString(buffer.WrittenSpan), Encoding.UTF8.GetString(json.Written.Span));
        }
    }

    [Fact]
    public void EndLine_WhenLinesFollow_BeginsATextEach()
    {
        var json = new JsonWriter(capacityBytes: 1);
        json.WriteNumberValue(1);
        json.EndLine();
        json.WriteStartArray();
        json.WriteNumberValue(2);
        json.Clear();
        json.WriteNumberValue(3);
        json.WriteEndArray();
        json.EndLine();

        Assert.Equal(",3]\n", Encoding.UTF8.GetString(json.Written.Span));
    }

    private static void WriteValue(Random random, JsonWriter json, Utf8JsonWriter expected, int depth)
    {
        switch (random.Next(depth < MaxDepth ? 10 : 7))
        {
            case 0:
                json.WriteNullValue();
                expected.WriteNullValue();
                break;
            case 1:
                var isTrue = random.Next(2) == 0;
                json.WriteBooleanValue(isTrue);
                expected.WriteBooleanValue(isTrue);
                break;
            case 2:
                var number = random.Next(4) switch { 0 => long.MinValue, 1 => long.MaxValue, 2 => random.Next(-10, 10), _ => random.NextInt64() };
                json.WriteNumberValue(number);
                expected.WriteNumberValue(number);
                break;
            case 3 or 4:
                var utf8 = Text(random);
                json.WriteStringValue(utf8);
                expected.WriteStringValue(utf8);
                break;
            case 5 or 6:
                var text = Encoding.UTF8.GetString(Text(random));
                json.WriteStringValue(text);
                expected.WriteStringValue(text);
                break;
            case 7:
                WriteArray(random, json, expected, depth);
                break;
            default:
                WriteObject(random, json, expected, depth);
                break;
        }
    }

    private static void WriteArray(Random random, JsonWriter json, Utf8JsonWriter expected, int depth)
    {
        json.WriteStartArray();
        expected.WriteStartArray();
        for (var items = random.Next(4); items > 0; items--)
        {
            WriteValue(random, json, expected, depth + 1);
        }

        json.WriteEndArray();
        expected.WriteEndArray();
    }

    private static void WriteObject(Random random, JsonWriter json, Utf8JsonWriter expected, int depth)
    {
        json.WriteStartObject();
        expected.WriteStartObject();
        for (var members = random.Next(4); members > 0; members--)
        {
            var bytes = Text(random);
            if (random.Next(2) == 0)
            {
                json.WriteBase64String("$bytes"u8, bytes);
                expected.WriteBase64String("$bytes"u8, bytes);
            }

            json.WriteChosenName(bytes);
            expected.WritePropertyName(bytes);
            WriteValue(random, json, expected, depth + 1);
            json.WriteStartArray("items"u8);
            expected.WriteStartArray("items"u8);
            json.WriteEndArray();
            expected.WriteEndArray();
        }

        json.WriteEndObject();
        expected.WriteEndObject();
    }

    private static byte[] Text(Random random)
    {
        var text = new List<byte>();
        for (var pieces = random.Next(5); pieces > 0; pieces--)
        {
            text.AddRange(Pieces[random.Next(Pieces.Length)]);
        }

        return [.. text];
    }
}
