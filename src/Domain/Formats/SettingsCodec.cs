using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Formats;

/// <summary>The body of a configuration frame: the complete settings, each a tag and a payload, closed by 0.</summary>
public static class SettingsCodec
{
    private const byte End = 0, HalfLife = 1, Language = 2, Dimensions = 3, Metric = 4, TimeToLive = 5, Window = 6, Model = 7, NextModel = 8, Attributes = 9;
    private const int MaxBytes = (3 * (1 + sizeof(long))) + (1 + sizeof(ushort)) + (2 * 2) + (2 * (2 + Limits.NameBytes)) + 2 + (Limits.TextAttributes * (1 + Limits.NameBytes)) + 1;

    /// <summary>Encodes settings.</summary>
    /// <exception cref="CairnException">Invalid: a duration that is not positive, dimensions outside 1 to 4,096, a window outside its bounds.</exception>
    public static byte[] Write(SpaceSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        Require(settings, static (field, message) => CairnException.Invalid(field, message));
        Span<byte> bytes = new byte[MaxBytes];
        var length = Duration(bytes, 0, HalfLife, settings.HalfLife);
        bytes[length++] = Language;
        bytes[length++] = (byte)settings.Language;
        if (settings.VectorDimensions is { } dimensions)
        {
            bytes[length++] = Dimensions;
            BinaryPrimitives.WriteUInt16LittleEndian(bytes[length..], (ushort)dimensions);
            length += sizeof(ushort);
        }

        bytes[length++] = Metric;
        bytes[length++] = (byte)settings.VectorMetric;
        length = Duration(bytes, length, TimeToLive, settings.TimeToLive);
        length = Duration(bytes, length, Window, settings.IdempotencyWindow);
        length = Name(bytes, length, Model, settings.EmbeddingModel);
        length = Name(bytes, length, NextModel, settings.NextEmbeddingModel);
        length = Names(bytes, length, settings.TextAttributes);
        bytes[length++] = End;
        return bytes[..length].ToArray();
    }

    /// <summary>Decodes settings.</summary>
    /// <exception cref="CairnException">Corrupt: malformed, or of a later version.</exception>
    public static SpaceSettings Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        var settings = SpaceSettings.Default;
        for (byte tag, previous = End; (tag = reader.Byte()) != End; previous = tag)
        {
            if (tag <= previous)
            {
                Malformed.Throw("settings are out of order");
            }

            settings = tag switch
            {
                HalfLife => settings with { HalfLife = ReadDuration(ref reader) },
                Language => settings with { Language = (TextLanguage)reader.Byte() },
                Dimensions => settings with { VectorDimensions = reader.UInt16() },
                Metric => settings with { VectorMetric = (VectorMetric)reader.Byte() },
                TimeToLive => settings with { TimeToLive = ReadDuration(ref reader) },
                Window => settings with { IdempotencyWindow = ReadDuration(ref reader) },
                Model => settings with { EmbeddingModel = ReadName(ref reader) },
                NextModel => settings with { NextEmbeddingModel = ReadName(ref reader) },
                Attributes => settings with { TextAttributes = ReadNames(ref reader) },
                _ => throw Malformed.Unsupported("setting", tag, Attributes),
            };
        }

        Require(settings, static (_, message) => Malformed.Because(message));
        return reader.Left == 0 ? settings : throw Malformed.Because("bytes stand behind the settings");
    }

    private static void Require(SpaceSettings settings, Func<string, string, CairnException> failure)
    {
        Check(settings.HalfLife is not { } half || half >= TimeSpan.FromMicroseconds(1), "halfLife", "a half-life is positive");
        Check(settings.TimeToLive is not { } ttl || ttl >= TimeSpan.FromMicroseconds(1), "ttl", "a time to live is positive");
        Check(settings.Language <= TextLanguage.None, "language", "no such language");
        Check(settings.VectorMetric <= VectorMetric.L2, "metric", "no such metric");
        Check(settings.VectorDimensions is null or (>= 1 and <= Limits.VectorDimensions), "dimensions", "a vector has 1 to 4096 components");
        Check(IsName(settings.EmbeddingModel) && IsName(settings.NextEmbeddingModel), "embeddingModel", "a model's name has 1 to 128 bytes");
        var window = settings.IdempotencyWindow;
        var inBounds = window >= SpaceSettings.MinIdempotencyWindow && window <= SpaceSettings.MaxIdempotencyWindow;
        Check(inBounds, "idempotencyWindow", "an idempotency window lasts 1 hour to 3 days");

        void Check(bool holds, string field, string message)
        {
            if (!holds)
            {
                throw failure(field, message);
            }
        }
    }

    private static int Duration(Span<byte> bytes, int at, byte tag, TimeSpan? duration)
    {
        if (duration is not { } span)
        {
            return at;
        }

        bytes[at] = tag;
        BinaryPrimitives.WriteInt64LittleEndian(bytes[(at + 1)..], span.Ticks / TimeSpan.TicksPerMicrosecond);
        return at + 1 + sizeof(long);
    }

    private static bool IsName(string? name) => name is null || Encoding.UTF8.GetByteCount(name) is >= 1 and <= Limits.NameBytes;

    private static int Name(Span<byte> bytes, int at, byte tag, string? name)
    {
        if (name is null)
        {
            return at;
        }

        bytes[at] = tag;
        bytes[at + 1] = (byte)Encoding.UTF8.GetBytes(name, bytes[(at + 2)..]);
        return at + 2 + bytes[at + 1];
    }

    private static int Names(Span<byte> bytes, int at, TextAttributes? attributes)
    {
        if (attributes is null)
        {
            return at;
        }

        (bytes[at], bytes[at + 1]) = (Attributes, (byte)attributes.Count);
        var rest = bytes[(at + 2)..];
        for (var i = 0; i < attributes.Count; i++)
        {
            rest = ByteWriting.Short(rest, attributes[i]);
        }

        return bytes.Length - rest.Length;
    }

    private static TextAttributes ReadNames(ref ByteReader reader)
    {
        var names = new byte[reader.Byte()][];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = ReadText(ref reader).ToArray();
        }

        return TextAttributes.TryOf(names, out var fault) ?? throw Malformed.Because(fault);
    }

    private static string ReadName(ref ByteReader reader) => Encoding.UTF8.GetString(ReadText(ref reader));

    private static ReadOnlySpan<byte> ReadText(ref ByteReader reader)
    {
        var name = reader.Short();
        return Utf8.IsValid(name) ? name : throw Malformed.Because("a name is well-formed UTF-8");
    }

    private static TimeSpan ReadDuration(ref ByteReader reader)
    {
        var microseconds = reader.Int64();
        return microseconds is > 0 and <= long.MaxValue / TimeSpan.TicksPerMicrosecond
            ? TimeSpan.FromTicks(microseconds * TimeSpan.TicksPerMicrosecond)
            : throw Malformed.Because("a duration is positive");
    }
}
