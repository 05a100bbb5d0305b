using Cairn.Model;

namespace Cairn.Storage.Lookups;

/// <summary>
/// What an index can ask of documents. It may be met by more of them than a reader looks for, never by fewer: who reads tests what he gets. A document that is
/// <see cref="LookupState.TooLarge"/> meets every condition, since nothing more is known of it. Immutable.
/// </summary>
public abstract record LookupCondition;

/// <summary>All of them hold; at least two.</summary>
public sealed record AllHold(IReadOnlyList<LookupCondition> Terms) : LookupCondition;

/// <summary>One of them holds; at least one.</summary>
public sealed record OneHolds(IReadOnlyList<LookupCondition> Terms) : LookupCondition;

/// <summary>The concept has the label.</summary>
public sealed record CarriesLabel(string Label) : LookupCondition;

/// <summary>The id begins with these bytes.</summary>
public sealed record IdBeginsWith(ReadOnlyMemory<byte> Prefix) : LookupCondition;

/// <summary>The attribute is set, or it is not.</summary>
public sealed record AttributeIsSet(string Name, bool IsSet) : LookupCondition;

/// <summary>The attribute shows this image: a bool, a number, a text or an instant.</summary>
public sealed record AttributeEquals(string Name, Value Image) : LookupCondition;

/// <summary>The attribute shows a number or an instant that lies between two of its kind, both included; null: no bound. At least one is given.</summary>
public sealed record AttributeBetween(string Name, Value? Least, Value? Most) : LookupCondition;

/// <summary>The attribute shows a text that begins with the image of another one.</summary>
public sealed record AttributeBeginsWith(string Name, string Prefix) : LookupCondition;

/// <summary>The attribute shows an array that has the item, or any text, which may hold it.</summary>
public sealed record AttributeHolds(string Name, Value Item) : LookupCondition;
