extension Words {
  /// One line each: key, Japanese, English.
  static let text = """
    product | 四情 Yonjo | Yonjo
    console | 同意管理コンソール | Compliance console
    skip | 本文へ | Skip to content
    menu | メニュー | Menu
    switchLanguage | English | 日本語
    signIn | サインイン | Sign in
    signOut | サインアウト | Sign out
    name | 利用者名 | Name
    password | パスワード | Password
    code | 認証コード | Authentication code
    codeHint | 認証アプリに表示される6桁の数字 | Six digits from your authenticator app
    signInLead | 利用者名、パスワード、認証コードを入力してください。 | Enter your name, your password and the code of your authenticator app.
    sessionNote | 15分間操作がないと、また最長8時間で、自動的に終了します。 | You are signed out after 15 minutes without use, and after 8 hours at the latest.
    signInFailed | 利用者名・パスワード・認証コードの組み合わせが正しくないか、アカウントが休止中です。新しいコードでもう一度お試しください。5回失敗すると15分間休止します。 | Name, password and code do not belong together, or the account rests. Try again with a fresh code; after five failures an account rests for 15 minutes.
    sessionOver | セッションが終了しました。もう一度サインインしてください。 | Your session is over. Please sign in again.
    providerTitle | 社内アカウントでサインイン | With your company's account
    providerLead | 会社の認証サービスに移動します。 | You go to your company's identity provider and come back here.
    providerDo | 社内アカウントで続ける | Continue with your company's account
    providerElse | パスワードでサインイン | With a password
    providerDown | 会社の認証サービスから正しい応答がありません。少し待ってからもう一度お試しください。 | Your company's identity provider does not answer as it should. Please try again in a moment.
    providerRefused | 会社の認証サービスでのサインインは完了しませんでした。もう一度お試しください。 | The sign-in at your company's identity provider was not completed. Please try again.
    signedIn | サインインしました | You are signed in
    signedInLead | 概要のページに移動します。 | The overview opens by itself.
    refusal_staffProviderUnknown | 認証サービスでは確認できましたが、このコンソールにはあなたのアカウントがありません。管理者に連絡してください。 | Your identity provider knows you, but you have no account here. Ask an administrator for one.
    signedOut | サインアウトしました。 | You are signed out.
    entrance | 会社を選ぶ | Choose your company
    entranceLead | 管理者から受け取ったコンソールのアドレスを開くか、会社のIDを入力してください。 | Open the address that you were given, or enter your company's id.
    tenantID | 会社のID | Company id
    tenantUnknown | そのIDの会社はありません。 | There is no company of that id.
    next | 次へ | Continue
    enrol | アカウントの登録 | Set up your account
    enrolLead | 二要素認証を設定し、パスワードを決めてください。このリンクは一度だけ使えます。 | Set up the second factor and choose a password. This link works once.
    enrolStep1 | 1. 認証アプリで読み取ります | 1. Scan this with your authenticator app
    enrolCode | 認証アプリ用のQRコード | QR code for your authenticator app
    enrolByHand | 読み取れないときは、この鍵を入力します。 | If it cannot be scanned, enter this key.
    openApp | 認証アプリで開く | Open in the authenticator app
    enrolStep2 | 2. パスワードを決めます | 2. Choose a password
    passwordHint | 12文字以上。いくつかの単語をつなげると覚えやすくなります。 | At least 12 characters; several words are easy to remember.
    enrolStep3 | 3. アプリに表示されたコードを入力します | 3. Enter the code that the app shows
    enrolDone | 登録が終わりました。サインインしてください。新しいコードが必要です。 | Your account is ready. Sign in with a fresh code.
    enrolSubmit | 登録する | Set up
    overview | 概要 | Overview
    search | 検索 | Search
    consents | 同意 | Consents
    pairs | 判断待ちのペア | Pairs to decide
    exports | エクスポート | Exports
    jobs | ジョブ | Jobs
    log | ログの検証 | Log verification
    staff | 担当者 | Staff
    inForce | 有効な同意 | Consents in force
    pendingSource | J-LIS受付待ち | Pending at J-LIS
    pairsWaiting | 判断待ちのペア | Pairs to decide
    endedMonth | 今月終了（本人） | Ended by people this month
    openIntents | J-LISへの連絡待ち | Messages waiting for J-LIS
    consentsByState | 同意の状態の推移 | Consents by state
    endings | 本人による撤回・取消 | Withdrawals and cancellations
    checksByPurpose | 確認の目的別件数（30日間） | Checks by purpose, last 30 days
    asTable | 表で見る | Figures as a table
    month | 月 | Month
    day | 日 | Day
    count | 件数 | Count
    purpose | 目的 | Purpose
    nothingYet | まだ何もありません。 | Nothing yet.
    nothingYetLead | 同意が記録されると、ここに推移が表示されます。 | Once consents are recorded, their course is shown here.
    groupInForce | 有効 | In force
    groupPending | 手続中 | Pending
    groupPerson | 本人が終了 | Ended by the person
    groupOther | その他の終了 | Ended otherwise
    searchLead | お客様番号（貴社の管理番号）、利用者ID（sub_…）または同意ID（con_…）で検索します。 | Look for a customer reference of your own, a subject id (sub_…) or a consent id (con_…).
    searchTerm | お客様番号またはID | Customer reference or id
    searchNote | 検索は監査ログに記録されます。お客様番号そのものは記録されません。 | Searches are audited; the reference itself is not recorded.
    searchDo | 検索する | Search
    noResults | 該当する利用者はいません | Nobody was found
    noResultsLead | 番号が登録時と同じ表記か確かめてください。 | Check that the reference is written as it was at onboarding.
    results | 検索結果 | Results
    subject | 利用者 | Person
    subjectID | 利用者ID | Subject id
    since | 登録日時 | Known since
    erased | 消去済み | Erased
    person | 利用者 | Person
    timeline | 経過 | Timeline
    personConsents | 同意の一覧 | Consents
    asOf | 時点 | As of
    asOfNow | 現在に戻す | Back to now
    asOfShow | 表示 | Show
    asOfHint | 日本時間（秒まで）。その時点の状態を履歴から示します。 | Japan time, to the second. Shows from history how things stood then.
    notYet | この時点では、まだありませんでした。 | At this instant there was no such consent yet.
    allTimes | 時刻はすべて日本時間（JST）です。 | All times are Japan time (JST).
    asOfBanner | 過去の時点を表示しています： | Shown as of
    state | 状態 | State
    allStates | すべての状態 | Any state
    filter | 絞り込む | Filter
    given | 同意日時 | Given
    validUntil | 有効期限 | Valid until
    validFrom | 有効開始 | Valid from
    requested | 要求日時 | Requested
    purposes | 利用目的 | Purposes
    items | 対象項目 | Items
    noItems | 項目なし | no items
    service | サービス | Service
    notice | 同意説明 | Notice
    version | 版 | version
    noticeDigest | 説明の要約値 (SHA-256) | Digest of what was shown (SHA-256)
    consent | 同意 | Consent
    consentID | 同意ID | Consent id
    history | 履歴 | History
    by | 実施者 | By
    basis | 根拠 | Basis
    when | 日時 | When
    what | 内容 | What
    receipt | 証跡 | Receipt
    receiptDownload | 証跡（署名付き）をダウンロード | Download the signed receipt
    receiptLead | JWS形式。公開鍵（/jwks.json）だけで誰でも検証できます。 | A JWS that anybody can verify with the published keys (/jwks.json).
    envelopes | 証跡原本 | Evidence kept
    evidenceLead | 本人確認と書類への署名の証拠を、オフラインの鍵で封をして保管しています。この画面から中身は読めません。 | What proves identity confirmations and document signatures, sealed to an offline key. The console cannot read it.
    evidenceOpen | 開封にはオフラインの鍵と2名の承認が必要です： | To open one takes the offline key and two persons' approvals:
    evidenceKind | 種類 | Kind
    evidenceID | 原本ID | Envelope id
    evidenceUntil | 保存期限 | Kept until
    evidenceWhile | 契約の終了から7年 | seven years after the contract ends
    evidenceKept | 保管中 | Kept
    evidenceShredded | 廃棄済み | Shredded
    evidence_identityConfirmation | 本人確認 | Identity confirmation
    evidence_documentSignature | 書類への署名 | Document signature
    noEvidence | 証跡原本はありません | No evidence is kept
    noEvidenceLead | 最新の利用者情報の同意では、署名と証明書はJ-LISに渡した後に破棄されます。 | Of consents to the latest items, signature and certificate are destroyed once J-LIS has them.
    sourceReference | J-LISの受付番号 | J-LIS reference
    sourceReceived | J-LIS受付日時 | Received by J-LIS
    today | 今日 | today
    shownWords | 表示した説明 | The words that were shown
    withdrawalMethod | 撤回の方法 | How to withdraw
    evidence | 証拠 | Evidence
    atSource | J-LISにも登録 | Held at J-LIS too
    yes | はい | yes
    no | いいえ | no
    noConsents | 同意はありません | No consents
    noConsentsLead | 条件を変えてお試しください。 | Try other conditions.
    noConsentsThen | この時点では記録がありません。 | None was on record at that time.
    noConsentsOfPerson | この利用者から受けた同意はまだありません。 | This person has given no consent yet.
    noTimeline | この時点までの記録はありません | Nothing recorded up to this time
    more | 次のページ | Next page
    exportID | エクスポートID | Export id
    pairsLead | カードと元帳の表記が異なり、人の判断を待つペアです。期限を過ぎると削除されます。 | Pairs whose card and ledger differ, waiting for a person's decision. After the deadline they are deleted.
    noPairs | 判断待ちのペアはありません | Nothing to decide
    noPairsLead | 新しいものが届くと、ここに表示されます。 | New ones appear here.
    pair | ペア | Pair
    ledgerRef | 元帳の番号 | Ledger reference
    decideUntil | 判断の期限 | Decide by
    decide | 判断する | Decide
    decision | 判断 | Decision
    decisionBasis | 判断の根拠 | Basis of the decision
    decisionBasisHint | 例：通帳と本人確認書類を窓口で確認（500文字まで。氏名や住所は書かないでください） | For instance: passbook and identity document seen at the counter. Up to 500 characters; no names or addresses.
    confirmSame | 元帳のお客様とカードの本人が同一人物であることを確認しました | I have confirmed that the ledger's customer and the card's holder are the same person
    decideSubmit | 同一人物として登録 | Record as the same person
    decided | 登録しました。 | Recorded.
    needsOfficer | この操作には担当官の役割が必要です。 | This takes the role officer.
    decidedBy | 判断者 | Decided by
    exportsLead | 監査ログを検証可能な形で書き出します。 | Audit events in a form that can be verified offline.
    newExport | 新しいエクスポート | New export
    from | 開始 | From
    to | 終了 | To
    format | 形式 | Format
    exportStart | 作成する | Create
    noExports | エクスポートはありません | No exports
    noExportsLead | 作成すると、ここに進み具合が表示されます。 | Once you create one, its progress is shown here.
    progress | 進み具合 | Progress
    download | ダウンロード | Download
    size | 大きさ | Size
    events | 件数 | Events
    expires | 取得期限 | Until
    period | 期間 | Period
    created | 作成日時 | Created
    periodInvalid | 期間を正しく入力してください。開始は終了より前でなければなりません。 | Enter a period that begins before it ends.
    verifyOffline | ダウンロードしたファイルは、オフラインで検証できます： | Verify the file that you download:
    export | エクスポート | Export
    exportFailed | 作成できませんでした。新しいエクスポートを作成してください。 | It could not be made. Please order a new one.
    refreshing | 数秒ごとに更新されます。 | This page refreshes every few seconds.
    refreshStop | 自動更新を止める | Stop refreshing
    refreshStart | 自動的に更新する | Keep refreshing
    jobsLead | 自動処理が最後にいつ動き、うまくいったか。 | When each background job ran last, and whether it succeeded.
    job | ジョブ | Job
    lastRun | 最終実行 | Last run
    lastSuccess | 最終成功 | Last success
    worked | 処理件数 | Worked on
    health | 状態 | Health
    healthy | 正常 | Healthy
    failing | 失敗 | Failing
    late | 遅れ | Late
    noJobs | まだ実行されていません | None has run yet
    ledgerJobs | 元帳の変更 | Ledger changes
    received | 受信 | Received
    deleted | 削除 | Deleted
    activated | 有効化 | Activated
    invalid | 読取不可 | Unreadable
    noLedgerJobs | 元帳の変更はまだ届いていません | No ledger changes yet
    logLead | 監査ログはハッシュ木で守られています。後から変えられていれば、ここで分かります。 | The audit log is a Merkle tree: whatever was changed afterwards is found here.
    checkpoint | 最新のチェックポイント | Newest checkpoint
    logSize | 記録数 | Entries
    root | 根のハッシュ | Root
    timeStamp | タイムスタンプ | Time stamp
    none | なし | none
    verifyNow | 今すぐ検証 | Verify now
    verifyNote | すべての記録をハッシュ木と署名に照らします。最長20秒。 | Compares every record with the tree and its signatures; at most 20 seconds.
    verified | 改ざんは見つかりませんでした | Nothing was changed
    records | 件 | records
    verifiedLead | 記録・ハッシュ木・署名が一致しています。 | Records, tree and signatures agree.
    damaged | 一致しない箇所があります | Damage was found
    place | 箇所 | Place
    takesLonger | 記録が多く、時間内に終わりませんでした | There are too many records for this page
    takesLongerLead | 運用担当者に yonjo audit check の実行を依頼してください。 | Ask the operator to run yonjo audit check.
    noCheckpoint | チェックポイントはまだありません | There is no checkpoint yet
    noCheckpointLead | 最初の記録から数秒で作られます。 | The first one is made seconds after the first record.
    signedNote | 署名付きノート | Signed note
    staffLead | コンソールを使う担当者と、その役割です。 | Who may use this console, and in which role.
    role | 役割 | Role
    role_viewer | 閲覧者 | Viewer
    role_officer | 担当官 | Officer
    role_administrator | 管理者 | Administrator
    newStaff | 担当者を追加 | Add a member
    add | 追加する | Add
    suspend | 停止 | Suspend
    resume | 再開 | Resume
    reset | 再登録 | Reset
    resetLead | 今のパスワードと認証アプリは使えなくなり、登録用の新しいリンクが作られます。 | Password and authenticator stop working, and a new link to set up the account is made.
    resetDo | 再登録を実行 | Reset the account
    active | 有効 | Active
    suspended | 停止中 | Suspended
    invited | 登録待ち | Invited
    locked | 休止中 | Resting
    you | 自分 | you
    inviteReady | 登録用リンク（一度だけ表示） | Link to set up the account (shown once)
    inviteLead | 24時間有効です。本人にのみ渡してください。 | Good for 24 hours. Hand it to this person only.
    action | 操作 | Action
    errorTitle | 表示できません | This did not work
    errorCode | コード | Code
    back | 概要に戻る | Back to the overview
    notFoundTitle | 見つかりません | Not found
    notFoundLead | アドレスが正しいか、IDが貴社のものか確かめてください。 | Check the address, and that the id is one of your company's.
    forbiddenTitle | 権限がありません | Not allowed
    forbiddenLead | この操作は、あなたの役割では行えません。管理者に相談してください。 | Your role does not allow this. Ask an administrator.
    formTitle | 送信できませんでした | The form was not accepted
    formLead | フォームの有効期限が切れたか、別のサイトから送信されました。ページを開き直してください。 | The form has expired or came from another site. Open the page again.
    downTitle | 一時的に利用できません | Not available at the moment
    downLead | 何も変更されていません。少し待ってからもう一度お試しください。 | Nothing was changed. Please try again in a moment.
    notVerifierTitle | 対象外の機能です | Not part of your standing
    notVerifierLead | この情報は、署名検証者とみなされる事業者だけが利用できます。 | This is open to deemed signature verifiers only.
    door | ご自身の同意 | Your consents
    doorLead | この会社に与えた同意を確認し、撤回できます。 | See the consents that you gave to this company, and withdraw them.
    doorEnter | 同意を見る | Show my consents
    doorOnce | このリンクは一度だけ、10分間使えます。 | This link works once, within ten minutes.
    doorLeave | 終了する | Leave
    doorLeft | 終了しました。このページを閉じてください。 | You have left. You can close this page.
    doorNone | この会社に与えた同意はありません | You have given no consents to this company
    doorInForce | 有効な同意 | In force
    doorPast | 終了した同意 | Ended
    withdraw | 撤回する | Withdraw
    withdrawTitle | この同意を撤回しますか | Withdraw this consent?
    withdrawLead | 撤回すると、この会社はすぐに、新しい情報を受け取れなくなります。これまでの取扱いの適法性には影響しません。 | From the moment of your withdrawal the company receives no new information. What was done before stays lawful.
    withdrawSource | J-LISにも登録されている同意は、アプリで署名すると、J-LISでも取り消されます。 | A consent that J-LIS holds as well is cancelled there once you sign in the app.
    withdrawDo | 撤回を確定する | Yes, withdraw
    cancel | やめる | Keep it
    withdrawn | 撤回しました。 | Withdrawn.
    doorInvalid | このリンクは使えません | This link cannot be used
    doorInvalidLead | 一度使われたか、10分を過ぎました。アプリからもう一度開いてください。 | It was used already, or is older than ten minutes. Open your consents from the app once more.
    doorOver | 時間が過ぎました | Your time here is over
    doorOverLead | 安全のため15分で終了します。アプリからもう一度開いてください。 | For your safety this page ends after 15 minutes. Open your consents from the app once more.
    state_requested | 要求中 | Requested
    state_refused | 拒否 | Refused
    state_pendingAtSource | J-LIS受付待ち | Pending at J-LIS
    state_given | 有効 | Given
    state_renewed | 更新済み（有効） | Renewed
    state_expired | 期限切れ | Expired
    state_invalidated | 無効 | Invalidated
    state_revoked | 事業者が終了 | Ended by the company
    state_withdrawn | 撤回済み | Withdrawn
    state_withdrawnLocally | 撤回済み（J-LIS連絡待ち） | Withdrawn (J-LIS pending)
    state_superseded | 新しい同意に置換 | Superseded
    state_cancelledAtSource | J-LISで取消 | Cancelled at J-LIS
    item_name | 氏名 | name
    item_address | 住所 | address
    item_dateOfBirth | 生年月日 | date of birth
    item_sex | 性別 | sex
    actor_person | 本人 | The person
    actor_tenant | 貴社 | Your company
    actor_jlis | J-LIS | J-LIS
    actor_client | システム | System
    actor_job | 自動処理 | Job
    actor_staff | 担当者 | Staff
    actor_operator | 運用者 | Operator
    kind_consent | 同意 | Consent
    kind_verification | カードの確認 | Card verified
    kind_latestItems | 最新の利用者情報の照会 | Latest items asked for
    kind_check | 現況確認 | Status check
    purpose_customerDueDiligence | 本人確認・取引時確認 | Customer due diligence
    method_ocsp | OCSP | OCSP
    method_crl | CRL | CRL
    method_none |  | 
    basis_session | 署名の手続き | Signed in session
    basis_reception | J-LIS受付番号 | J-LIS reception
    basis_consent | 新しい同意 | New consent
    basis_validUntil | 有効期限の到来 | End of validity
    basis_sessionExpired | 期限内に回答なし | No answer in time
    basis_cancellations | J-LISの取消一覧 | J-LIS's list of cancellations
    basis_latest items | 最新の利用者情報の照会への回答 | J-LIS's answer to a request for latest items
    basis_subject erased | 利用者の消去 | Person erased
    job_auditLog | 監査ログの更新 | Audit log kept up to date
    job_timeStamps | タイムスタンプの取得 | Checkpoints time-stamped
    job_ledgerChanges | 元帳の変更の反映 | Ledger changes applied
    job_forwardIntents | J-LISへの連絡 | Messages to J-LIS
    job_overduePairs | 期限を過ぎたペアの削除 | Overdue pairs deleted
    job_cleaning | 期限切れデータの掃除 | Cleaning up
    job_tagRotation | 鍵の更新 | Key rotation
    job_expiredConsents | 同意の期限切れの記録 | Expired consents ended
    job_unansweredConsents | 回答のない同意の終了 | Unanswered requests ended
    job_consentReminders | 年1回のお知らせ | Yearly reminders
    job_consentRenewals | 更新の案内 | Prompts to renew
    job_cancellationsAtSource | J-LISでの取消の確認 | Cancellations at J-LIS followed
    job_consentCounts | 日ごとの集計 | Daily counts
    job_evidenceRetention | 証跡原本の廃棄 | Outlived evidence shredded
    purpose_onboarding | 口座開設・登録 | Onboarding
    purpose_login | ログイン | Login
    purpose_match | 届出印の代わり | Match
    purpose_consent | 同意 | Consent
    purpose_withdrawal | 撤回 | Withdrawal
    purpose_latestItems | 最新の利用者情報 | Latest items
    purpose_document | 書類への署名 | Document
    purpose_signatureVerification | 署名検証 | Signature verification
    purpose_livenessCheck | 現況確認 | Liveness check
    result_ok | 成功 | ok
    result_notConfirmed | 確認できず | not confirmed
    result_certificateRevoked | 失効 | certificate revoked
    result_signatureInvalid | 署名不正 | signature invalid
    result_itemsMismatch | 項目不一致 | items differ
    result_replayed | 使用済み | used before
    result_updated | 更新あり | updated
    result_unchanged | 変更なし | unchanged
    result_notYetAvailable | 準備中 | not yet available
    result_notConsented | 同意なし | no consent
    result_consentCancelled | 同意は取消済み | consent cancelled
    result_valid | 有効 | valid
    result_changed | 変更あり | changed
    result_ended | 終了 | ended
    result_unknown | 不明 | unknown
    pair_needsDecision | 判断待ち | Needs a decision
    pair_active | 有効 | Active
    pair_stale | 無効（要再登録） | Stale
    pair_pending | 元帳の反映待ち | Pending
    export_waiting | 待機中 | Waiting
    export_running | 作成中 | Running
    export_done | 完了 | Done
    export_failed | 失敗 | Failed
    export_expired | 期限切れ | Expired
    ledger_receiving | 受信中 | Receiving
    ledger_stored | 待機中 | Waiting
    ledger_applying | 適用中 | Applying
    ledger_done | 完了 | Done
    refusal_passwordLength | パスワードは12文字以上128文字以内です。いくつかの単語をつなげてください。 | A password has 12 to 128 characters: several words are good.
    refusal_passwordGuessable | このパスワードは推測されやすいものです。別のものを選んでください。 | This password is too easy to guess. Choose another.
    refusal_codeWrong | コードが正しくありません。アプリに今表示されているものを入力し、端末の時計を確かめてください。 | The code is not the one of this moment. Enter the one that the app shows now; is the clock of your device right?
    refusal_staffNameTaken | その利用者名はすでに使われています。 | There is an account of that name.
    refusal_staffNameInvalid | 利用者名は半角英数字と記号で1〜64文字です。 | A name has 1 to 64 ASCII characters without spaces.
    refusal_staffOwnAccount | 自分のアカウントは停止・再登録できません。 | You cannot suspend or reset your own account.
    refusal_staffInvitationInvalid | このリンクは使えません。管理者に新しいリンクを依頼してください。 | This link is not good any more. Ask your administrator for a new one.
    refusal_consentNotInForce | この同意はすでに終了しています。 | This consent has ended already.
    basisNeeded | 根拠を入力し、確認にチェックを入れてください。 | Enter the basis, and tick the confirmation.
    """
}
