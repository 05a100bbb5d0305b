using System.Collections.Concurrent;
using System.Text;
using Cairn.Functions.Problems;

namespace Cairn.Functions.Answers;

/// <summary>What of a concept or association an answer holds: built-in members, and paths into its attributes. Immutable.</summary>
internal sealed class FieldSelection
{
    /// <summary>Everything but what is sent only when named.</summary>
    public static readonly FieldSelection Default = new((Fields.OfConcept | Fields.OfAssociation) & ~Fields.OnRequest, null);

    /// <summary>What an export holds: vectors too.</summary>
    public static readonly FieldSelection Export = new((Fields.OfConcept | Fields.OfAssociation) & ~Fields.CurrentStrength, null);

    private const int MaxRemembered = 1000;
    private const int MaxRememberedLength = 256;

    private static readonly ConcurrentDictionary<(string Text, Fields Known, string Parameter), FieldSelection> Remembered = new();

    private FieldSelection(Fields fields, AttributePath? paths) => (BuiltIn, Paths) = (fields, paths);

    /// <summary>Members that are sent whole.</summary>
    public Fields BuiltIn { get; }

    /// <summary>Root of the named attributes; null if none is named.</summary>
    public AttributePath? Paths { get; }

    /// <summary>All attributes, or some.</summary>
    public bool HasAttributes => Has(Fields.Attributes) || Paths is not null;

    /// <summary>Whether one of these members is sent.</summary>
    public bool Has(Fields field) => (BuiltIn & field) != 0;

    /// <summary>Reads <c>fields=id,labels,born,address.city,attributes."any ""name"""</c>; null gives the default.</summary>
    /// <param name="text">The parameter's value.</param>
    /// <param name="known">The built-in members of what is listed.</param>
    /// <param name="parameter">The parameter's name.</param>
    public static FieldSelection Parse(string? text, Fields known, string parameter = "fields")
    {
        if (text is null)
        {
            return Default;
        }

        return text.Length > MaxRememberedLength ? Read(text, known, parameter) : Remembered.GetOrAdd((text, known, parameter), static key =>
        {
            // Callers have few selections; one that makes them up is not worth keeping.
            if (Remembered.Count >= MaxRemembered)
            {
                Remembered.Clear();
            }

            return Read(key.Text, key.Known, key.Parameter);
        });
    }

    private static FieldSelection Read(string text, Fields known, string parameter)
    {
        var fields = Fields.None;
        AttributePath? paths = null;
        var reader = new NameReader(text, parameter);
        do
        {
            var (steps, firstIsQuoted) = reader.Read();
            var builtIn = firstIsQuoted ? Fields.None : BuiltInOf(steps[0], known);
            if (builtIn == Fields.None)
            {
                (paths ??= new("")).Add(steps);
            }
            else if (builtIn == Fields.Attributes && steps.Count > 1)
            {
                (paths ??= new("")).Add(steps.Skip(1));
            }
            else
            {
                fields |= steps.Count == 1 ? builtIn : throw ProblemException.Parameter(parameter, $"nothing lies inside {steps[0]}");
            }
        }
        while (reader.TryComma());

        return new(fields, paths);
    }

    private static Fields BuiltInOf(string name, Fields known) =>
        name.Length > 0 && char.IsAsciiLetterLower(name[0]) && Enum.TryParse<Fields>(char.ToUpperInvariant(name[0]) + name[1..], out var field)
            && int.PopCount((int)field) == 1
            ? field & known
            : Fields.None;
}

/// <summary>Named attributes as a tree: of each, all of it or only some of its members.</summary>
internal sealed class AttributePath(string name)
{
    private readonly List<AttributePath> _inner = [];

    public byte[] Name { get; } = Encoding.UTF8.GetBytes(name);

    public bool IsWhole { get; private set; }

    /// <summary>In byte order of their names, as attributes are sent.</summary>
    public IReadOnlyList<AttributePath> Inner => _inner;

    public void Add(IEnumerable<string> steps)
    {
        var node = this;
        foreach (var step in steps)
        {
            var bytes = Encoding.UTF8.GetBytes(step);
            var next = node._inner.Find(inner => inner.Name.AsSpan().SequenceEqual(bytes));
            if (next is null)
            {
                var at = node._inner.FindIndex(inner => inner.Name.AsSpan().SequenceCompareTo(bytes) > 0);
                node._inner.Insert(at < 0 ? node._inner.Count : at, next = new(step));
            }

            node = next;
        }

        node.IsWhole = true;
    }
}
