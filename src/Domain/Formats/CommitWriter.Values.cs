using System.Buffers.Binary;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Formats;

/// <content>The value behind an attribute's or a member's name, and the items of an array.</content>
public sealed partial class CommitWriter
{
    private readonly Level[] _levels = new Level[Limits.Nesting];
    private int _depth;

    /// <summary>Stored null.</summary>
    public void Null() => WriteKind(ValueKind.Null, 0);

    /// <summary>True or false.</summary>
    public void Bool(bool value) => WriteKind(ValueKind.Bool, 1)[0] = value ? (byte)1 : (byte)0;

    /// <summary>A 64-bit integer.</summary>
    public void Int64(long value) => BinaryPrimitives.WriteInt64LittleEndian(WriteKind(ValueKind.Int64, sizeof(long)), value);

    /// <summary>A finite 64-bit float; −0 is stored as 0.</summary>
    public void Float64(double value)
    {
        if (!double.IsFinite(value))
        {
            throw CairnException.Invalid("attributes", "a number is finite");
        }

        // Adding zero turns −0 into 0 and changes nothing else.
        BinaryPrimitives.WriteDoubleLittleEndian(WriteKind(ValueKind.Float64, sizeof(double)), value + 0.0);
    }

    /// <summary>A text, at most 64 KiB.</summary>
    public void String(ReadOnlySpan<byte> utf8)
    {
        TextRules.RequireText(utf8, "attributes");
        WriteVarying(ValueKind.String, utf8);
    }

    /// <summary>An instant of the years 0001 to 9999.</summary>
    public void DateTime(Timestamp value)
    {
        RequireInstant(value, "attributes");
        BinaryPrimitives.WriteInt64LittleEndian(WriteKind(ValueKind.DateTime, sizeof(long)), value.Microseconds);
    }

    /// <summary>Bytes, at most 64 KiB.</summary>
    public void Bytes(ReadOnlySpan<byte> value) => WriteVarying(ValueKind.Bytes, value);

    /// <summary>Opens an array of at most 1,024 values; arrays and objects nest at most 8 deep.</summary>
    public void BeginArray() => BeginLevel(ValueKind.Array, Step.Items);

    /// <summary>Closes the array.</summary>
    public void EndArray() => EndLevel(Step.Items);

    /// <summary>Opens an object of at most 1,024 members; <see cref="Member"/> and one value each follow.</summary>
    public void BeginObject() => BeginLevel(ValueKind.Object, Step.ObjectMembers);

    /// <summary>Names the next member, at most 128 bytes, not named before in this object.</summary>
    public void Member(ReadOnlySpan<byte> name)
    {
        RequireStep(Step.ObjectMembers);
        TextRules.RequireAtMost(name, "attributes", Limits.NameBytes);
        TextRules.RequireText(name, "attributes");
        if (!_names.TryAdd(_levels[_depth - 1].FirstName, _bytes.Written, name))
        {
            throw CairnException.Invalid("attributes", "an object names a member twice");
        }

        CountItem();
        ByteWriting.Short(_bytes.Reserve(1 + name.Length), name);
        _step = Step.Value;
    }

    /// <summary>Closes the object.</summary>
    public void EndObject() => EndLevel(Step.ObjectMembers);

    private void WriteVarying(ValueKind kind, ReadOnlySpan<byte> bytes)
    {
        TextRules.RequireAtMost(bytes, "attributes", Limits.AttributeBytes);
        ByteWriting.Varying(WriteKind(kind, ByteWriting.VaryingBytes(bytes.Length)), bytes);
    }

    // After a value comes the next name, or the next item of the array that holds it.
    private Span<byte> WriteKind(ValueKind kind, int payloadBytes)
    {
        if (_depth == 0 && _list != FieldTag.Attributes)
        {
            throw CairnException.Invalid("attributes", "items are given as an array");
        }

        BeginValue();
        _step = StepAfterValue();
        return Append(kind, payloadBytes);
    }

    private void BeginValue()
    {
        if (_step != Step.Value)
        {
            RequireStep(Step.Items);
            CountItem();
        }
    }

    private Step StepAfterValue() => _depth == 0 ? Step.Attributes : _levels[_depth - 1].IsArray ? Step.Items : Step.ObjectMembers;

    private Span<byte> Append(ValueKind kind, int payloadBytes)
    {
        var at = _bytes.Reserve(1 + payloadBytes);
        at[0] = (byte)kind;
        return at[1..];
    }

    private void BeginLevel(ValueKind kind, Step step)
    {
        if (_depth == 0 && _list != FieldTag.Attributes && kind != ValueKind.Array)
        {
            throw CairnException.Invalid("attributes", "items are given as an array");
        }

        BeginValue();
        if (_depth == Limits.Nesting)
        {
            throw CairnException.OverLimit("attributes", $"arrays and objects nest at most {Limits.Nesting} deep", Limits.Nesting, Limits.Nesting + 1);
        }

        Append(kind, sizeof(uint) + sizeof(ushort));
        _levels[_depth++] = new(_bytes.Length, _names.Count, kind == ValueKind.Array);
        _step = step;
    }

    private void EndLevel(Step step)
    {
        RequireStep(step);
        ref var level = ref _levels[--_depth];
        var lengthBytes = _bytes.Length - level.ItemsAt + sizeof(ushort);
        var head = _bytes.Written[(level.ItemsAt - sizeof(ushort) - sizeof(uint))..];
        BinaryPrimitives.WriteInt32LittleEndian(head, lengthBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(head[sizeof(uint)..], (ushort)level.Count);
        _names.Truncate(level.FirstName);
        _step = StepAfterValue();
    }

    private void CountItem()
    {
        ref var level = ref _levels[_depth - 1];
        if (level.Count == Limits.Items)
        {
            throw CairnException.OverLimit("attributes", $"an array or object holds at most {Limits.Items} values", Limits.Items, Limits.Items + 1);
        }

        level.Count++;
    }

    /// <summary>An array or object that is open.</summary>
    private struct Level(int itemsAt, int firstName, bool isArray)
    {
        public readonly int ItemsAt = itemsAt;
        public readonly int FirstName = firstName;
        public readonly bool IsArray = isArray;
        public int Count;
    }
}
