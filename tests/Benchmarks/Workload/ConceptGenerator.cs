namespace Cairn.Benchmarks.Workload;

/// <summary>
/// Makes concepts: each is a function of the seed and its number, so that they can be made in any order and need not be kept. One thread.
/// </summary>
/// <remarks>
/// The distributions are those of a personal memory: eight labels of falling frequency, texts of 105 to 200 bytes, a normally distributed
/// integer, one of twenty short texts, a uniform float with six decimals and a bool.
/// </remarks>
internal sealed class ConceptGenerator
{
    private static readonly (byte[] Name, double UpTo)[] Labels =
    [
        ("Person"u8.ToArray(), .28), ("Event"u8.ToArray(), .48), ("Place"u8.ToArray(), .63), ("Fact"u8.ToArray(), .75),
        ("Task"u8.ToArray(), .85), ("Document"u8.ToArray(), .93), ("Preference"u8.ToArray(), .98), ("Tool"u8.ToArray(), 1),
    ];

    private static readonly byte[][] Roles =
    [
        "analyst"u8.ToArray(), "architect"u8.ToArray(), "auditor"u8.ToArray(), "baker"u8.ToArray(), "carpenter"u8.ToArray(),
        "chemist"u8.ToArray(), "curator"u8.ToArray(), "dentist"u8.ToArray(), "designer"u8.ToArray(), "driver"u8.ToArray(),
        "editor"u8.ToArray(), "engineer"u8.ToArray(), "farmer"u8.ToArray(), "lawyer"u8.ToArray(), "manager"u8.ToArray(),
        "nurse"u8.ToArray(), "pilot"u8.ToArray(), "teacher"u8.ToArray(), "trader"u8.ToArray(), "writer"u8.ToArray(),
    ];

    private readonly ulong _seed;
    private readonly Vocabulary _vocabulary;

    public ConceptGenerator(ulong seed)
    {
        _seed = seed;
        _vocabulary = new(new(seed));
    }

    /// <summary>Overwrites <paramref name="concept"/> with the concept of this number.</summary>
    public void Generate(int number, GeneratedConcept concept)
    {
        var random = new SeededRandom(_seed + (((ulong)number + 1) * 0xA24BAED4963EE407));
        GeneratedConcept.WriteId(number, concept.Id);
        concept.Label = LabelAt(random.Unit());
        concept.ContentBytes = WriteText(random, concept.ContentBuffer);
        concept.Salary = (long)Math.Clamp(75_000 + (25_000 * random.Normal()), 18_000, 250_000);
        concept.Role = Roles[random.Below(Roles.Length)];
        concept.Score = Math.Round(random.Unit(), 6);
        concept.Active = random.Unit() < .7;
    }

    private static byte[] LabelAt(double drawn) => Array.Find(Labels, label => drawn < label.UpTo).Name;

    private int WriteText(SeededRandom random, Span<byte> text)
    {
        var target = 105 + random.Below(90);
        var length = 0;
        while (length < target)
        {
            var word = _vocabulary.Draw(random);
            if (length + 1 + word.Length > text.Length)
            {
                break;
            }

            if (length > 0)
            {
                text[length++] = (byte)' ';
            }

            word.CopyTo(text[length..]);
            length += word.Length;
        }

        return length;
    }
}
