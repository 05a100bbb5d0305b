using Cairn.Primitives;

namespace Cairn.Model;

/// <summary>The types of an attribute; the values are those of the frame format.</summary>
public enum ValueKind : byte
{
    /// <summary>Stored null.</summary>
    Null = 0,

    /// <summary>True or false.</summary>
    Bool = 1,

    /// <summary>64-bit signed integer.</summary>
    Int64 = 2,

    /// <summary>64-bit float; finite.</summary>
    Float64 = 3,

    /// <summary>UTF-8 text.</summary>
    String = 4,

    /// <summary>An instant, in microseconds.</summary>
    DateTime = 5,

    /// <summary>Bytes.</summary>
    Bytes = 6,

    /// <summary>An ordered list of values.</summary>
    Array = 7,

    /// <summary>Named values.</summary>
    Object = 8,
}

/// <summary>One typed attribute value for programs that use the engine in-process. Scalars are held without boxing. Immutable if what it wraps is left alone.</summary>
public readonly struct Value
{
    private readonly long _bits;
    private readonly object? _reference;

    private Value(ValueKind kind, long bits, object? reference = null) => (Kind, _bits, _reference) = (kind, bits, reference);

    /// <summary>Its type.</summary>
    public ValueKind Kind { get; }

    /// <summary>Stored null.</summary>
    public static Value Null => default;

    /// <summary>Wraps a bool.</summary>
    public static implicit operator Value(bool value) => new(ValueKind.Bool, value ? 1 : 0);

    /// <summary>Wraps an integer.</summary>
    public static implicit operator Value(long value) => new(ValueKind.Int64, value);

    /// <summary>Wraps an integer.</summary>
    public static implicit operator Value(int value) => new(ValueKind.Int64, value);

    /// <summary>Wraps a float.</summary>
    public static implicit operator Value(double value) => new(ValueKind.Float64, BitConverter.DoubleToInt64Bits(value));

    /// <summary>Wraps a text.</summary>
    public static implicit operator Value(string value) => new(ValueKind.String, 0, value);

    /// <summary>Wraps an instant.</summary>
    public static implicit operator Value(Timestamp value) => new(ValueKind.DateTime, value.Microseconds);

    /// <summary>Wraps bytes.</summary>
    public static implicit operator Value(byte[] value) => new(ValueKind.Bytes, 0, value);

    /// <summary>Wraps a list.</summary>
    public static implicit operator Value(Value[] value) => new(ValueKind.Array, 0, value);

    /// <summary>Wraps named values.</summary>
    public static Value Object(IReadOnlyDictionary<string, Value> members) => new(ValueKind.Object, 0, members);

    /// <summary>The bool. Other kinds: an internal error, as for every accessor here.</summary>
    public bool AsBool => Bits(ValueKind.Bool) != 0;

    /// <summary>The integer.</summary>
    public long AsInt64 => Bits(ValueKind.Int64);

    /// <summary>The float.</summary>
    public double AsFloat64 => BitConverter.Int64BitsToDouble(Bits(ValueKind.Float64));

    /// <summary>The text.</summary>
    public string AsString => Reference<string>(ValueKind.String);

    /// <summary>The instant.</summary>
    public Timestamp AsDateTime => new(Bits(ValueKind.DateTime));

    /// <summary>The bytes.</summary>
    public byte[] AsBytes => Reference<byte[]>(ValueKind.Bytes);

    /// <summary>The list.</summary>
    public Value[] AsArray => Reference<Value[]>(ValueKind.Array);

    /// <summary>The named values.</summary>
    public IReadOnlyDictionary<string, Value> AsObject => Reference<IReadOnlyDictionary<string, Value>>(ValueKind.Object);

    private long Bits(ValueKind kind)
    {
        Invariant.Require(Kind == kind, "the value is of another kind");
        return _bits;
    }

    private T Reference<T>(ValueKind kind)
        where T : class
    {
        Invariant.Require(Kind == kind, "the value is of another kind");
        return (T)_reference!;
    }
}
