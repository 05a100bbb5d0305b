using System.Text.RegularExpressions;

namespace Cairn.Domain.Tests.Architecture;

/// <summary>Each Domain folder uses only the folders before it; Reconciliation and Query never see each other.</summary>
public sealed partial class DomainFolderTests
{
    private static readonly string[] Order =
    [
        "Primitives", "Diagnostics", "Model", "Formats", "Storage", "Log", "Columns", "Indexes", "Text", "Vectors", "Embeddings", "Snapshots",
        "Reconciliation", "Query",
    ];

    public static TheoryData<string> Folders => [.. Order];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Sources_WhenRead_UseOnlyEarlierFolders(string folder)
    {
        var forbidden = Order.Where(other => !MayUse(folder, other)).Where(other => other != folder).ToArray();
        var typesByFolder = forbidden.ToDictionary(other => other, DeclaredTypes);

        var offences =
            from file in SourceTree.Files($"src/Domain/{folder}", "*.cs")
            let code = SourceTree.ReadCode(file)
            from other in forbidden
            from name in Uses(code, other, typesByFolder[other])
            select $"{file}: {name}";

        Assert.Empty(offences);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Sources_WhenRead_DeclareTheirFoldersNamespace(string folder)
    {
        var offences =
            from file in SourceTree.Files($"src/Domain/{folder}", "*.cs")
            from Match match in NamespaceDeclaration().Matches(SourceTree.ReadCode(file))
            let name = match.Groups[1].Value
            where name != $"Cairn.{folder}" && !name.StartsWith($"Cairn.{folder}.", StringComparison.Ordinal)
            select $"{file}: {name}";

        Assert.Empty(offences);
    }

    [Fact]
    public void Sources_WhenListed_AreInAKnownFolder()
    {
        var strays = SourceTree.Files("src/Domain", "*.cs").Where(file => !Order.Contains(file.Split('/')[2]));

        Assert.Empty(strays);
    }

    // A global using would let every folder see every other one.
    [Fact]
    public void GlobalUsings_WhenRead_NameNoDomainNamespace()
    {
        var offences = SourceTree.Files("src/Domain", "*.cs")
            .Where(file => GlobalUsing().IsMatch(SourceTree.ReadCode(file)))
            .Concat(SourceTree.Files("src/Domain", "*.csproj").Where(file => ProjectUsing().IsMatch(SourceTree.ReadText(file))));

        Assert.Empty(offences);
    }

    [Theory]
    [InlineData("using Cairn.Query;", true)]
    [InlineData("using static Cairn.Query.Planner;", true)]
    [InlineData("using Q = global::Cairn.Query.Planner;", true)]
    [InlineData("var plan = Query.Planner.Plan();", true)]
    [InlineData("var plan = Query.Text.Length;", false)]
    [InlineData("var plan = request.Query.Planner;", false)]
    [InlineData("using Cairn.QueryPlans;", false)]
    [InlineData("new Meter(\"Cairn.Query\")", false)]
    public void Uses_WhenCodeNamesAFolder_FindsIt(string code, bool expected) =>
        Assert.Equal(expected, Uses(code, "Query", ["Planner"]).Any());

    private static bool MayUse(string folder, string other) =>
        Array.IndexOf(Order, other) < Array.IndexOf(Order, folder) && (folder, other) is not ("Query", "Reconciliation");

    // Within `namespace Cairn.X`, `Y.Type` reaches Cairn.Y without a using; a property named Y is told apart by the type's name.
    private static IEnumerable<string> Uses(string code, string folder, IReadOnlyCollection<string> types)
    {
        var qualified = Regex.Matches(code, $@"(?<![\w.""])Cairn\.{folder}\b");
        var relative = Regex.Matches(code, $@"(?<![\w.""]){folder}\.(\w+)").Where(match => types.Contains(match.Groups[1].Value));
        return qualified.Concat(relative).Select(match => match.Value);
    }

    private static HashSet<string> DeclaredTypes(string folder) =>
        [.. SourceTree.Files($"src/Domain/{folder}", "*.cs")
            .SelectMany(file => TypeDeclaration().Matches(SourceTree.ReadCode(file)))
            .Select(match => match.Groups[1].Value)];

    [GeneratedRegex(@"^\s*namespace\s+([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceDeclaration();

    [GeneratedRegex(@"\b(?:class|struct|interface|enum|record)\s+(?!class\b|struct\b)(\w+)")]
    private static partial Regex TypeDeclaration();

    [GeneratedRegex(@"\bglobal\s+using\b[^;]*\bCairn\b")]
    private static partial Regex GlobalUsing();

    [GeneratedRegex(@"<Using\s[^>]*""Cairn\b")]
    private static partial Regex ProjectUsing();
}
