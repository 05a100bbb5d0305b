using Cairn.Model;

namespace Cairn.Formats;

/// <summary>Reads a list of names: labels, or the attributes to remove. Malformed bytes are Corrupt, as for every reader of this file.</summary>
public ref struct NameListReader
{
    private ByteReader _reader;
    private int _left;

    /// <summary>Starts at a field's payload.</summary>
    /// <param name="payload">As <see cref="FieldReader"/> hands it out.</param>
    /// <param name="wideCount">Its count has two bytes (<see cref="FieldTag.RemoveAttributes"/>), not one (labels).</param>
    public NameListReader(ReadOnlySpan<byte> payload, bool wideCount)
    {
        _reader = new(payload);
        _left = Count = wideCount ? _reader.UInt16() : _reader.Byte();
    }

    /// <summary>Names in the list.</summary>
    public int Count { get; }

    /// <summary>Reads the next name, as UTF-8; false behind the last.</summary>
    public bool TryRead(out ReadOnlySpan<byte> name)
    {
        name = default;
        if (_left == 0)
        {
            return false;
        }

        _left--;
        name = _reader.Short();
        return true;
    }
}

/// <summary>Reads named values: attributes, or the items to add or remove.</summary>
public ref struct AttributeReader
{
    private ByteReader _reader;
    private int _left;

    /// <summary>Starts at a field's payload, as <see cref="FieldReader"/> hands it out.</summary>
    public AttributeReader(ReadOnlySpan<byte> payload)
    {
        _reader = new(payload);
        _left = Count = _reader.UInt16();
    }

    /// <summary>Attributes in the list.</summary>
    public int Count { get; }

    /// <summary>Reads the next attribute; false behind the last.</summary>
    public bool TryRead(out ReadOnlySpan<byte> name, out ValueView value)
    {
        name = default;
        value = default;
        if (_left == 0)
        {
            return false;
        }

        _left--;
        name = _reader.Short();
        value = ValueView.Read(ref _reader);
        return true;
    }
}

/// <summary>Reads the items of an array.</summary>
public ref struct ArrayReader
{
    private ByteReader _reader;
    private int _left;

    internal ArrayReader(ReadOnlySpan<byte> items)
    {
        _reader = new(items);
        _left = Count = _reader.UInt16();
    }

    /// <summary>Items of the array.</summary>
    public int Count { get; }

    /// <summary>Reads the next item; false behind the last.</summary>
    public bool TryRead(out ValueView value)
    {
        value = default;
        if (_left == 0)
        {
            return false;
        }

        _left--;
        value = ValueView.Read(ref _reader);
        return true;
    }

    /// <summary>The next item as it is encoded; equal values of the same type have equal bytes.</summary>
    internal bool TryReadEncoded(out ReadOnlySpan<byte> item)
    {
        item = default;
        if (_left == 0)
        {
            return false;
        }

        _left--;
        var start = _reader.At;
        ValueView.Read(ref _reader);
        item = _reader.Since(start);
        return true;
    }
}

/// <summary>Reads the members of an object.</summary>
public ref struct ObjectReader
{
    private AttributeReader _members;

    internal ObjectReader(ReadOnlySpan<byte> members) => _members = new(members);

    /// <summary>Members of the object.</summary>
    public readonly int Count => _members.Count;

    /// <summary>Reads the next member; false behind the last.</summary>
    public bool TryRead(out ReadOnlySpan<byte> name, out ValueView value) => _members.TryRead(out name, out value);
}
