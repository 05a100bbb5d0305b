using System.Text;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Formats;

/// <summary>A value where it lies.</summary>
public readonly ref struct ValueView
{
    internal ValueView(ValueKind kind, long bits, ReadOnlySpan<byte> bytes)
    {
        Kind = kind;
        Bits = bits;
        Bytes = bytes;
    }

    /// <summary>Its type.</summary>
    public ValueKind Kind { get; }

    /// <summary>A scalar: 0 or 1 of a bool, the integer, the bits of a float64, the microseconds of a datetime; else 0.</summary>
    public long Bits { get; }

    /// <summary>A string or bytes: the payload. An array or object: its encoding behind the length, which is the count and the items. Else empty.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Reads the value at the start of <paramref name="encoded"/>, which may go on behind it.</summary>
    /// <param name="encoded">The kind and what follows.</param>
    /// <param name="consumed">Bytes of the value.</param>
    /// <exception cref="CairnException">Corrupt: no value.</exception>
    public static ValueView Read(ReadOnlySpan<byte> encoded, out int consumed)
    {
        var reader = new ByteReader(encoded);
        var value = Read(ref reader);
        consumed = reader.At;
        return value;
    }

    /// <summary>The items of an array. Other kinds: an internal error, as for <see cref="Members"/>.</summary>
    public ArrayReader Items()
    {
        Invariant.Require(Kind == ValueKind.Array, "the value is no array");
        return new(Bytes);
    }

    /// <summary>The members of an object.</summary>
    public ObjectReader Members()
    {
        Invariant.Require(Kind == ValueKind.Object, "the value is no object");
        return new(Bytes);
    }

    /// <summary>Copies it into objects, for programs that use the engine in-process.</summary>
    /// <exception cref="CairnException">Corrupt: what it holds is malformed or nests deeper than 8.</exception>
    public Value ToValue() => ToValue(Limits.Nesting);

    internal static ValueView Read(scoped ref ByteReader reader)
    {
        var kind = (ValueKind)reader.Byte();
        return kind switch
        {
            ValueKind.Null => default,
            ValueKind.Bool => new(kind, ReadBool(ref reader), default),
            ValueKind.Int64 => new(kind, reader.Int64(), default),
            ValueKind.Float64 => new(kind, ReadFloat64(ref reader), default),
            ValueKind.DateTime => new(kind, ReadInstant(ref reader), default),
            ValueKind.String or ValueKind.Bytes => new(kind, 0, reader.Varying()),
            ValueKind.Array or ValueKind.Object => new(kind, 0, reader.Long()),
            _ => throw Malformed.Unsupported("value kind", (int)kind, (int)ValueKind.Object),
        };
    }

    private static long ReadBool(ref ByteReader reader)
    {
        var stored = reader.Byte();
        return stored <= 1 ? stored : throw Malformed.Because("a bool is 0 or 1");
    }

    private static long ReadFloat64(ref ByteReader reader)
    {
        var bits = reader.Int64();
        return double.IsFinite(BitConverter.Int64BitsToDouble(bits)) ? bits : throw Malformed.Because("a float is not finite");
    }

    private static long ReadInstant(ref ByteReader reader)
    {
        var microseconds = reader.Int64();
        return FieldPayload.IsInstant(microseconds) ? microseconds : throw Malformed.Because("an instant lies outside the years 0001 to 9999");
    }

    private Value ToValue(int depthLeft) => Kind switch
    {
        ValueKind.Null => Value.Null,
        ValueKind.Bool => Bits != 0,
        ValueKind.Int64 => Bits,
        ValueKind.Float64 => BitConverter.Int64BitsToDouble(Bits),
        ValueKind.String => Encoding.UTF8.GetString(Bytes),
        ValueKind.DateTime => new Timestamp(Bits),
        ValueKind.Bytes => Bytes.ToArray(),
        ValueKind.Array => ToArray(depthLeft),
        _ => ToObject(depthLeft),
    };

    private Value ToArray(int depthLeft)
    {
        RequireDepth(depthLeft);
        var reader = Items();
        var items = new List<Value>();
        while (reader.TryRead(out var item))
        {
            items.Add(item.ToValue(depthLeft - 1));
        }

        return items.ToArray();
    }

    private Value ToObject(int depthLeft)
    {
        RequireDepth(depthLeft);
        var reader = Members();
        var members = new Dictionary<string, Value>();
        while (reader.TryRead(out var name, out var value))
        {
            members[Encoding.UTF8.GetString(name)] = value.ToValue(depthLeft - 1);
        }

        return Value.Object(members);
    }

    private static void RequireDepth(int depthLeft)
    {
        if (depthLeft == 0)
        {
            Malformed.Throw("values nest too deep");
        }
    }
}
