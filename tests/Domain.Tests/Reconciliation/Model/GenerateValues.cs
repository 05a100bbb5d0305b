using Cairn.Model;
using Cairn.Primitives;
using FsCheck;
using FsCheck.Fluent;

namespace Cairn.Domain.Tests.Reconciliation.Model;

/// <summary>Random values of every type, from few, so that equal ones are common.</summary>
internal static class GenerateValues
{
    private static readonly Value[] Scalars =
    [
        Cairn.Model.Value.Null, true, false, 0, 1, -1, 300, 70_000, long.MinValue, long.MaxValue,
        0.0, -0.0, 1.0, 1.5, double.Epsilon, double.MaxValue, -1e-300,
        "", "a", "b", "true", "été", new Timestamp(0), Timestamp.Min, Timestamp.Max, Array.Empty<byte>(), new byte[] { 0 }, new byte[] { 97 },
    ];

    private static readonly Gen<Value> Long = Gen.Elements(64, 65, 100, 5_000, 60_000).SelectMany(
        length => Gen.Elements('x', 'y'), (length, letter) => (Value)new string(letter, length));

    /// <summary>Scalars of a few bytes.</summary>
    public static readonly Gen<Value> Short = Gen.Elements(Scalars);

    private static readonly Gen<Value> Scalar = Gen.Frequency((12, Short), (1, Long));

    /// <summary>So few that arrays hold the same one twice.</summary>
    private static readonly Gen<Value> Item = Gen.Elements<Value>("a", "b", 1, 1.0, Cairn.Model.Value.Null, true);

    /// <summary>A short array of them.</summary>
    public static readonly Gen<Value> FewItems = ArrayOf(Item);

    /// <summary>Any value.</summary>
    public static readonly Gen<Value> Value = Gen.Frequency(
        (8, Scalar),
        (2, FewItems),
        (1, ArrayOf(Scalar)),
        (1, ObjectOf(Scalar)),
        (1, ArrayOf(Gen.Frequency((2, ArrayOf(Scalar)), (2, ObjectOf(Scalar)), (1, Scalar)))),
        (1, Gen.Constant(Nested(Limits.Nesting))));

    /// <summary>Arrays of items to add or remove.</summary>
    public static readonly Gen<Value> Items = Gen.Frequency(
        (12, ArrayOf(Gen.Frequency((10, Item), (1, ObjectOf(Scalar)), (1, ArrayOf(Scalar))))),
        (1, from start in Gen.Elements(0, 400, 600) select (Value)Enumerable.Range(start, 600).Select(number => (Value)number).ToArray()));

    private static Gen<Value> ArrayOf(Gen<Value> item) =>
        from items in Generate.Several(item, (2, 0), (4, 1), (3, 3))
        select (Value)items.ToArray();

    private static Gen<Value> ObjectOf(Gen<Value> member) =>
        from names in Gen.SubListOf("x", "y", "")
        from members in member.ListOf(names.Count)
        select Cairn.Model.Value.Object(names.Zip(members).ToDictionary(pair => pair.First, pair => pair.Second));

    private static Value Nested(int depth) => depth == 0 ? 1 : new[] { Nested(depth - 1) };
}
